/**
 * The server's own description of itself, as TypeScript: `python -m sightmill.server | node api.mjs write`.
 *
 * `check` writes nothing, and fails with a sentence when src/api/schema.ts is not what the server says today.
 * Refusals are all of one shape (`Failure`), so they are left out of each operation: see src/api/client.ts.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { text as whole } from "node:stream/consumers";
import { fileURLToPath } from "node:url";

import openapi, { astToString } from "openapi-typescript";

const FILE = fileURLToPath(new URL("./src/api/schema.ts", import.meta.url));
const HEAD = "// Written by api.mjs from the server's OpenAPI description. Do not edit: run `make studio-api`.\n\n";

const description = JSON.parse(await whole(process.stdin));
for (const operations of Object.values(description.paths)) {
  for (const operation of Object.values(operations)) {
    operation.responses = Object.fromEntries(Object.entries(operation.responses).filter(([code]) => code.startsWith("2")));
  }
}
const tree = await openapi(description, {
  alphabetize: true,
  defaultNonNullable: false,
  rootTypes: true,
  rootTypesNoSchemaPrefix: true,
});
const text = HEAD + astToString(tree);

if (process.argv[2] === "check") {
  if (readFileSync(FILE, "utf8") !== text) {
    console.error("studio/src/api/schema.ts is not what the server answers today; run `make studio-api` and commit the file.");
    process.exit(1);
  }
} else {
  writeFileSync(FILE, text);
}
