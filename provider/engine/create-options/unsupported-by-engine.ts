import type { Service } from "../../compose/types.js";
import { atLeast } from "../../model/tables/api-version.js";

/** Attributes that an engine of this API version accepts but ignores. */
export function ignoredByEngine(service: Service, apiVersion: string): string[] {
  return newcomers
    .filter(({ since, isUsed }) => !atLeast(apiVersion, since) && isUsed(service))
    .map(
      ({ attribute, since, release }) =>
        `${attribute} is ignored by this engine (it needs Docker ${release}, API ${since})`,
    );
}

interface Newcomer {
  attribute: string;
  since: string;
  release: string;
  isUsed(service: Service): boolean;
}

const newcomers: Newcomer[] = [
  {
    attribute: "annotations",
    since: "1.43",
    release: "24",
    isUsed: ({ annotations }) => Object.keys(annotations ?? {}).length > 0,
  },
  {
    attribute: "healthcheck.start_interval",
    since: "1.44",
    release: "25",
    isUsed: ({ healthcheck }) => healthcheck?.start_interval !== undefined,
  },
  {
    attribute: "volumes.bind.recursive",
    since: "1.44",
    release: "25",
    isUsed: ({ volumes }) =>
      (volumes ?? []).some(({ bind }) => ["writable", "readonly"].includes(bind?.recursive ?? "")),
  },
  {
    attribute: "mac_address of more than one network",
    since: "1.44",
    release: "25",
    isUsed: ({ networks }) => endpoints(networks).filter((network) => network?.mac_address).length > 1,
  },
  {
    attribute: "volumes.volume.subpath",
    since: "1.45",
    release: "26",
    isUsed: ({ volumes }) => (volumes ?? []).some(({ volume }) => volume?.subpath),
  },
  {
    attribute: "networks.gw_priority",
    since: "1.48",
    release: "28",
    isUsed: ({ networks }) => endpoints(networks).some((network) => network?.gw_priority),
  },
];

function endpoints(networks: Service["networks"]) {
  return Object.values(networks ?? {});
}
