import assert from "node:assert/strict";
import { test } from "node:test";
import { exitCodeOf, exitCodes, firstOf } from "../../../../cli/terminal/exit-codes.js";
import { errorCodes } from "../../../../provider/shared/errors.js";

test("of several failures the first of 130, 6, 2, 3, 8, 1, 5, 4 must be the exit code", () => {
  assert.equal(firstOf([]), undefined);
  let left = [...errorCodes];
  const order: number[] = [];
  for (let first = firstOf(left); first !== undefined; first = firstOf(left)) {
    const code = exitCodeOf(first);
    order.push(code);
    left = left.filter((one) => exitCodes[one].code !== code);
  }
  assert.deepEqual(order, [130, 6, 2, 3, 8, 9, 7, 1, 5, 4]);
  assert.equal(left.length, 0);
});
