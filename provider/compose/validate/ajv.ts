/** ajv with a `uniqueItems` keyword of our own. Loaded only if a file has a mistake. */
import { Ajv } from "ajv";
import type { DataValidateFunction } from "ajv/dist/types/index.js";
import { type List, repeated } from "../tree/tree.js";

export function newAjv(): Ajv {
  const ajv = new Ajv({
    strict: false,
    allErrors: true,
    verbose: true,
    validateSchema: false,
    addUsedSchema: false,
  });
  // The built-in keyword calls `valueOf` of the compared values, which may be any value of the file.
  ajv.removeKeyword("uniqueItems");
  return ajv.addKeyword({ keyword: "uniqueItems", type: "array", schema: false, validate: distinct });
}

const distinct: DataValidateFunction = (list: List) => {
  const found = repeated(list);
  if (found) distinct.errors = [{ keyword: "uniqueItems", params: { i: found[1], j: found[0] } }];
  return found === undefined;
};
