import { bedMissing, type BedOptions, modernMissing } from "./bed.js";

/** What is tested on an engine of 2020 is tested on one of today, too: API 1.41 and 1.56, graph driver and containerd. */
export const realEngines: { title: string; hosts: BedOptions; skip: string | false }[] = [
  { title: "an engine of 2020", hosts: { hosts: ["a"] }, skip: bedMissing() ?? false },
  { title: "an engine of today", hosts: { hosts: [], modern: ["m"] }, skip: modernMissing() ?? false },
];
