import { bedMissing, type BedOptions, modernMissing } from "./bed.js";

/**
 * An engine of 2020 and a current one, for tests that run on both: API 1.41 and 1.56, graph driver and containerd.
 */
export const realEngines: { title: string; hosts: BedOptions; skip: string | false }[] = [
  { title: "an engine of 2020", hosts: { hosts: ["a"] }, skip: bedMissing() ?? false },
  { title: "a current engine", hosts: { hosts: [], modern: ["m"] }, skip: modernMissing() ?? false },
];
