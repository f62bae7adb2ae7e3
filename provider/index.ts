/** The public library for Pulumi programs. */
export { ComposeProject, type ComposeProjectArgs } from "./compose-project.js";
export { load, type LoadOptions } from "./compose/load/load.js";
export type { Project, Service as ComposeService } from "./compose/types.js";
export { type ErrorCode, K2Error, type Position } from "./shared/errors.js";
export type { DeployedContainer, HostRef } from "./model/kinds.js";
export { place } from "./model/placement/place.js";
export type { Placement } from "./model/placement/placement.js";
export { plan, printPlan } from "./model/plan/plan.js";
export type { Plan } from "./model/plan/node.js";
export { HealthCheck, Host, Image, ImageTag, Network, Service, Volume } from "./resources/index.js";
