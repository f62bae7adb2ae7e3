import { compareAttributes } from "../../support/docker-compose/compare-attributes.js";

/** The attributes that involve the engine most. Unit tests (recorded requests) and test/long cover all others. */
const names = [
  "command",
  "configs",
  "deploy",
  "depends_on",
  "healthcheck",
  "links",
  "network_mode",
  "networks",
  "ports",
  "secrets",
  "top.networks",
  "top.volumes",
  "volumes",
  "volumes_from",
];

compareAttributes(names, { start: false });
