import { it } from "node:test";

/**
 * A test of a rare case that takes long. It runs in `npm run test:long`, or with K2_TEST_LONG=1, in the file that has its
 * deployment.
 */
export const rarely: (title: string, test: () => Promise<void>) => void = process.env.K2_TEST_LONG
  ? (title, test) => void it(title, test)
  : () => undefined;
