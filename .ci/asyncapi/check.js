// Is the AsyncAPI document one to the parser of AsyncAPI? So must no document be that is broken.

import { readFile } from "node:fs/promises";
import { Parser } from "@asyncapi/parser";

const ERROR = 0;

async function errorsOf(text, source) {
  const { document, diagnostics } = await new Parser().parse(text, { source });
  const errors = diagnostics.filter((it) => it.severity === ERROR);
  if (!document && !errors.length) throw new Error("neither a document nor an error");
  return errors.map((it) => `${it.path.join(".")}: ${it.message}`);
}

const [, , path] = process.argv;
const text = await readFile(path, "utf-8");
const broken = JSON.parse(text);
broken.operations.consume.channel.$ref = "#/channels/nowhere";
const schemaGone = text.replaceAll("identity_changed.v1.json", "nothing.v1.json");

if (!(await errorsOf(JSON.stringify(broken), path)).length) throw new Error("a channel was missed");
if (!(await errorsOf(schemaGone, path)).length) throw new Error("a schema was missed");
const errors = await errorsOf(text, path);
for (const error of errors) console.error(error);
console.log(`${path}: ${errors.length} errors`);
process.exitCode = errors.length ? 1 : 0;
