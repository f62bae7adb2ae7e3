/** The number of containers by service and host: `{web: {a: 2, b: 1}}`. */
export type Placement = Record<string, Record<string, number>>;
