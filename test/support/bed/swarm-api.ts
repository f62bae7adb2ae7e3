import type { BedHost } from "./bed-engine.js";
import { engine } from "./http-engine.js";

export interface Cluster {
  DefaultAddrPool: string[];
  SubnetSize: number;
  DataPathPort: number;
  JoinTokens: { Worker: string; Manager: string };
  Spec: {
    Orchestration: { TaskHistoryRetentionLimit: number };
    EncryptionConfig: { AutoLockManagers: boolean };
    CAConfig: { ForceRotate?: number };
  };
}

export interface Service {
  ID: string;
  Version: { Index: number };
  Spec: { Name: string; Mode: Mode };
}

interface Mode {
  Replicated?: { Replicas: number };
  ReplicatedJob?: { TotalCompletions: number };
}

interface Node {
  ID: string;
  Spec: { Labels: Record<string, string> };
}

interface Task {
  ID: string;
  ServiceID: string;
  NodeID: string;
  Status: { State: string };
}

/** As a query of a list. */
export function namedInSwarm(name: string): string {
  return encodeURIComponent(JSON.stringify({ name: [name] }));
}

/** The services of a project, as a manager lists them. */
export function swarmApi(manager: BedHost, project: string) {
  const get = <T>(path: string) => engine<T>(manager, "GET", path);
  const nameOf = ({ Spec }: Service) => Spec.Name.slice(project.length + 1);
  return {
    async replicas(): Promise<Record<string, string>> {
      const found = (await get<Service[]>("/services")).map((service) => {
        const { Replicated, ReplicatedJob } = service.Spec.Mode;
        const jobs = ReplicatedJob && `${ReplicatedJob.TotalCompletions} of a job`;
        return [nameOf(service), jobs ?? Replicated?.Replicas.toString() ?? "global"];
      });
      return Object.fromEntries(found);
    },

    /** "web w1", for each task that runs. */
    async running(): Promise<string[]> {
      const services = new Map((await get<Service[]>("/services")).map((one) => [one.ID, nameOf(one)]));
      const hosts = new Map(
        (await get<Node[]>("/nodes")).map(({ ID, Spec }) => [ID, Spec.Labels["k2.host"]]),
      );
      const tasks = (await get<Task[]>("/tasks")).filter(({ Status }) => Status.State === "running");
      return tasks.map(({ ServiceID, NodeID }) => `${services.get(ServiceID)} ${hosts.get(NodeID)}`).sort();
    },

    async taskIds(service: string): Promise<string[]> {
      const filters = encodeURIComponent(JSON.stringify({ service: [`${project}_${service}`] }));
      return (await get<Task[]>(`/tasks?filters=${filters}`)).map(({ ID }) => ID).sort();
    },
  };
}
