import type { Healthcheck } from "../../compose/types.js";
import { K2Error } from "../../shared/errors.js";
import { duration } from "./quantity.js";
import { fieldsIn, land, type Table } from "./table.js";

/** The engine's form. Times are in nanoseconds. */
export interface HealthConfig {
  Test?: string[];
  Interval?: number;
  Timeout?: number;
  Retries?: number;
  StartPeriod?: number;
  StartInterval?: number;
}

export function healthcheck(check: Healthcheck): HealthConfig {
  // Without a start period, engines accept the interval and never use it: moby#48874.
  if (check.start_interval !== undefined && check.start_period === undefined) {
    throw new K2Error(
      "invalid-file",
      "healthcheck.start_interval requires healthcheck.start_period to be set",
    );
  }
  const config: HealthConfig = {};
  land(healthcheckPlaces, check, config);
  return config;
}

const config = fieldsIn("", (config: HealthConfig) => config);

export const healthcheckPlaces: Table<Healthcheck, HealthConfig> = {
  test: config("Test"),
  interval: config("Interval", duration),
  timeout: config("Timeout", duration),
  retries: config("Retries"),
  start_period: config("StartPeriod", duration),
  start_interval: config("StartInterval", duration),
  disable: (disable, config) => {
    if (disable) config.Test = ["NONE"];
  },
};
