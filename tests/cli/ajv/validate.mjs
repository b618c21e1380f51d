// validate.mjs SCHEMA FILE...: compiles a draft 2020-12 schema in ajv's strict mode, validates files,
// and sees that the schema can say no: each required key left out must be noticed.
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import Ajv2020 from "ajv/dist/2020.js";

const [schemaPath, ...files] = process.argv.slice(2);
const name = basename(schemaPath);
const read = (path) => JSON.parse(readFileSync(path, "utf8"));
const report = (test, fault) =>
  console.log(fault ? `not ok cli schema: ${test} # ${fault}` : `ok cli schema: ${test}`);
const errors = (validate) =>
  validate.errors.slice(0, 3).map((e) => `${e.instancePath} ${e.message}`).join("; ");

let validate;
try {
  validate = new Ajv2020({ strict: true, strictRequired: false, formats: { "date-time": true }, allowUnionTypes: true, allErrors: false }).compile(read(schemaPath));
  report(`ajv compiles ${name} in strict mode`);
} catch (error) {
  report(`ajv compiles ${name} in strict mode`, error.message);
  process.exit(0);
}
for (const file of files) {
  report(`ajv accepts ${basename(file)}`, validate(read(file)) ? "" : errors(validate));
}
const document = read(files[0]);
const required = read(schemaPath).required ?? [];
const unnoticed = required.filter((key) => {
  const { [key]: left, ...rest } = document;
  return validate(rest);
});
report(`${name} notices each of its required keys`, required.length ? unnoticed.join(", ") : "it requires none");
