import { chromium } from "@playwright/test";
const base = process.argv[2], out = process.argv[3];
const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu"] });
for (const theme of (process.argv[5] ?? "light,dark").split(",")) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 720 }, colorScheme: theme });
  const page = await context.newPage();
  page.on("console", (m) => m.type() === "error" && console.log("console:", m.text().slice(0, 300)));
  page.on("pageerror", (e) => console.log("pageerror", e.message));
  for (const path of process.argv[4].split(",")) {
    await page.goto(base + path);
    await page.waitForLoadState("load");
    await page.waitForTimeout(Number(process.env.WAIT ?? 3500));
    await page.screenshot({ path: `${out}/${(path.replace(/\W+/g, "-") || "root")}-${theme}.png` });
  }
}
await browser.close();
