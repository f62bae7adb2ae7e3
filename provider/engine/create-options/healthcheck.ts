import type { Healthcheck } from "../../compose/types.js";
import { K2Error } from "../../shared/errors.js";
import { type Body, field, land, type Table } from "./table.js";
import { duration } from "./quantity.js";

export function healthcheck(check: Healthcheck): Body {
  // Without a start period, engines accept the interval and never use it: moby#48874.
  if (check.start_interval !== undefined && check.start_period === undefined) {
    throw new K2Error(
      "invalid-file",
      "healthcheck.start_interval requires healthcheck.start_period to be set",
    );
  }
  const body: Body = {};
  land(places, check, body);
  return body;
}

const places: Table<Healthcheck, Body> = {
  test: field("Test"),
  interval: field("Interval", duration),
  timeout: field("Timeout", duration),
  retries: field("Retries"),
  start_period: field("StartPeriod", duration),
  start_interval: field("StartInterval", duration),
  disable: (disable, body) => {
    if (disable) body.Test = ["NONE"];
  },
};
