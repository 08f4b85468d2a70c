import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** The licences of all packages that end up in the pages, in one file beside them. */
function licences(): Plugin {
  const text = (folder: string) => {
    const file = readdirSync(folder).find((name) => /^(licen[cs]e|copying|ofl)/i.test(name));
    return file === undefined ? "" : readFileSync(`${folder}/${file}`, "utf8").trim();
  };
  return {
    name: "licences",
    generateBundle(_, bundle) {
      const modules = Object.values(bundle).flatMap((each) => (each.type === "chunk" ? each.moduleIds : each.originalFileNames));
      const names = [...modules, here("./node_modules/@fontsource-variable/inter/index.css")].map((id) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(id.replaceAll("\\", "/"))?.[1]);
      const parts = [...new Set(names)].sort().flatMap((name) => {
        const folder = name === undefined ? "" : here(`./node_modules/${name}`);
        if (!existsSync(`${folder}/package.json`)) return [];
        const facts = JSON.parse(readFileSync(`${folder}/package.json`, "utf8")) as { version: string; license?: string };
        return [`${name ?? ""} ${facts.version} (${facts.license ?? "see below"})\n\n${text(folder)}`];
      });
      this.emitFile({ type: "asset", fileName: "licences.txt", source: parts.join(`\n\n${"-".repeat(80)}\n\n`) + "\n" });
    },
  };
}

export default defineConfig({
  plugins: [react(), licences()],
  resolve: { alias: { "@": here("./src") } },
  build: {
    outDir: here("../src/sightmill/server/static"),
    emptyOutDir: true,
    target: "es2022",
    // The server's policy allows nothing inline.
    assetsInlineLimit: 0,
    // Which source belongs to which address is read by tests/studio: what the first page loads stays small.
    manifest: true,
  },
  server: {
    // `npx vite` beside `sightmill studio --port 8765`, for work on the pages themselves.
    proxy: { "/api": { target: "http://127.0.0.1:8765", changeOrigin: true, headers: { origin: "http://127.0.0.1:8765" } } },
  },
});
