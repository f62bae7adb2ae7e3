/** Why a resource needs work, as data: decisions read the code, output prints the text. */

export type ReasonCode =
  // A service's containers.
  | "image"
  | "outdated"
  | "surplus"
  | "missing"
  | "misnamed"
  | "down"
  | "paused"
  | "lost-namespace"
  | "dependency"
  | "left-over"
  | "recreated"
  | "takes"
  // Other resources.
  | "asked-for"
  | "another-engine"
  | "orphan"
  | "swarm"
  // A swarm, its nodes, and what runs on it.
  | "node"
  | "spec"
  | "content"
  | "moved"
  | "unbuilt"
  | "base"
  | "registry"
  | "rollback"
  | "unfinished"
  | "encryption"
  | "foreign"
  | "refused"
  | "external"
  | "stays";

export interface Reason {
  code: ReasonCode;
  /** The container, image, network, volume, service or host that the text is about. */
  subject: string;
  text: string;
  /** The text after the subject, if the text begins with it, for output that prints the subject separately. */
  rest?: string;
}

/** A reason whose subject is elsewhere in the sentence, or not in it. */
export function reason(code: ReasonCode, subject: string, text: string): Reason {
  return { code, subject, text };
}

/** "shop-web-1 is paused: will be unpaused" */
export function reasonThat(code: ReasonCode, subject: string, rest: string): Reason {
  return { code, subject, text: `${subject} ${rest}`, rest };
}

/** "shop-web-1: configuration changed: will be recreated" */
export function reasonFor(code: ReasonCode, subject: string, rest: string): Reason {
  return { code, subject, text: `${subject}: ${rest}`, rest };
}

/** Marks the reason as a change of the host, not of the file. */
export function asDrift({ code, subject, text }: Reason): Reason {
  return { code, subject, text: `drift: ${text}` };
}

export function textsOf(reasons: Reason[]): string[] {
  return reasons.map(({ text }) => text);
}
