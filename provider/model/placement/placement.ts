/** How many containers of each service run on each host: `{web: {a: 2, b: 1}}`. */
export type Placement = Record<string, Record<string, number>>;
