/** Conditions for which a service waits before it starts. */
import type { Dependency, HealthCheck } from "../compose/types.js";
import type { HostRef } from "./host-ref.js";

/** A dependency condition that must hold when the dependent starts. */
export interface Gate {
  project: string;
  service: string;
  host: HostRef;
  condition: Dependency["condition"];
  required: boolean;
  /** The containers' own healthcheck must pass, if they have one. */
  mustBeWell?: true;
  /** k2's probe, checked in addition to the condition. */
  probe?: HealthCheck;
}

/** A dependency on a plain service is one of its containers'; on a swarm service, one of its tasks'. */
export type SwarmGate = ({ on: "host" } & Gate) | SwarmGateOnSwarm;

export interface SwarmGateOnSwarm extends Omit<Gate, "host" | "probe" | "mustBeWell"> {
  on: "swarm";
}
