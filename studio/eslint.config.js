import js from "@eslint/js";
import a11y from "eslint-plugin-jsx-a11y";
import hooks from "eslint-plugin-react-hooks";
import globals from "globals";
import ts from "typescript-eslint";

/**
 * Who may import whom, from the ground up: each layer sees those before it and none after it. `document`, `canvas` and
 * `tools` know no framework and no server.
 */
const LAYERS = ["document", "canvas", "tools", "api", "components", "forms", "views", "app"];
const PURE = ["document", "canvas", "tools"];
const VIEWS = ["projects", "images", "label", "check", "train", "judge", "deploy"];

const ways = (folder) => `^(@/|(\\.\\./)+)${folder}(/|$)`;
const refuse = (folders, message) => folders.map((folder) => ({ regex: ways(folder), message }));

const layers = LAYERS.map((layer, floor) => ({
  files: [`src/${layer}/**/*.{ts,tsx}`],
  ignores: layer === "views" ? ["src/views/*/**"] : [],
  rules: {
    "no-restricted-imports": [
      "error",
      {
        patterns: [
          ...refuse(LAYERS.slice(floor + 1), `A file of ${layer}/ sees only the layers below it: ${LAYERS.slice(0, floor).join(", ") || "none"}.`),
          ...(PURE.includes(layer)
            ? [{ regex: "^(react|react-dom|react-router|@tanstack|lucide-react)", message: `${layer}/ knows no framework.` }]
            : []),
        ],
      },
    ],
  },
}));

const views = VIEWS.map((view) => ({
  files: [`src/views/${view}/**/*.{ts,tsx}`],
  rules: {
    "no-restricted-imports": [
      "error",
      {
        patterns: [
          ...refuse(["app"], "A view does not know the frame that it hangs in."),
          ...VIEWS.filter((other) => other !== view).map((other) => ({
            regex: `^(@/views|(\\.\\./)+(views/)?)/?${other}(/|$)`,
            message: "A view does not import another view: what both need belongs in components/.",
          })),
        ],
      },
    ],
  },
}));

export default ts.config(
  { ignores: ["node_modules", "src/api/schema.ts", "e2e/results"] },
  js.configs.recommended,
  ts.configs.strict,
  ts.configs.stylistic,
  a11y.flatConfigs.recommended,
  hooks.configs.flat.recommended,
  {
    languageOptions: { globals: { ...globals.browser } },
    rules: {
      "@typescript-eslint/consistent-type-definitions": ["error", "interface"],
      "@typescript-eslint/no-confusing-void-expression": "off",
      "no-console": "error",
      "jsx-a11y/label-has-associated-control": ["error", { depth: 4 }],
      eqeqeq: ["error", "always"],
    },
  },
  { files: ["*.{js,mjs,ts}", "e2e/**/*.{ts,mjs}"], languageOptions: { globals: { ...globals.node } }, rules: { "no-console": "off" } },
  ...layers,
  ...views,
);
