import type {
  BlkioConfig,
  Deploy,
  DeviceMapping,
  DeviceRequest,
  ResourceLimits,
  ResourceReservations,
  ThrottleDevice,
} from "../../compose/types.js";
import { bytes, nanoCpus } from "../../model/tables/quantity.js";
import { restartMode } from "./restart.js";
import {
  type Body,
  field,
  land,
  listOf,
  nested,
  notForTheEngine,
  sets,
  type Table,
} from "../../model/tables/table.js";

export function devices(mappings: DeviceMapping[], host: Body): void {
  const isCdi = ({ source, target }: DeviceMapping) => source === (target ?? source) && cdiName.test(source);
  const cdi = mappings.filter(isCdi).map(({ source }) => source);
  const plain = mappings.filter((mapping) => !isCdi(mapping));
  if (plain.length > 0) host.Devices = plain.map(deviceMapping);
  if (cdi.length > 0) request(host, { Driver: "cdi", DeviceIDs: cdi });
}

export function gpus(requests: DeviceRequest[], host: Body): void {
  for (const gpu of requests) {
    request(host, deviceRequest({ ...gpu, capabilities: [...(gpu.capabilities ?? []), "gpu"] }));
  }
}

/** vendor/class=name of the Container Device Interface. */
const cdiName = /^[A-Za-z][\w.-]*\/[A-Za-z][\w-]*=[A-Za-z0-9]([\w.:-]*[A-Za-z0-9])?$/;

const limitPlaces: Table<ResourceLimits, Body> = {
  cpus: ifSet("NanoCpus", nanoCpus),
  memory: ifSet("Memory", bytes),
  pids: sets(["PidsLimit"], (pids, host) => {
    if (pids > 0) host.PidsLimit = pids;
  }),
};

const reservationPlaces: Table<ResourceReservations, Body> = {
  memory: ifSet("MemoryReservation", bytes),
  devices: sets(["DeviceRequests"], (devices, host) => {
    for (const device of devices) request(host, deviceRequest(device));
  }),
  cpus: notForTheEngine("room for placement; an engine reserves no CPUs"),
  generic_resources: notForTheEngine("counted by swarm's scheduler only"),
};

const resourcePlaces: Table<NonNullable<Deploy["resources"]>, Body> = {
  limits: nested(limitPlaces, "", inSameBody),
  reservations: nested(reservationPlaces, "", inSameBody),
};

/** They override the service's own limits and restart policy. */
export const deployPlaces: Table<Deploy, Body> = {
  resources: nested(resourcePlaces, "", inSameBody),
  restart_policy: sets(["RestartPolicy"], ({ condition = "", max_attempts = 0 }, host) => {
    host.RestartPolicy = { Name: restartMode(condition), MaximumRetryCount: max_attempts };
  }),
  mode: notForTheEngine("says on which hosts, and how many: model/placement"),
  replicas: notForTheEngine("how many containers: model/reconcile"),
  labels: notForTheEngine("labels of a swarm service, not of its containers"),
  update_config: notForTheEngine("how containers are replaced: model/reconcile"),
  rollback_config: notForTheEngine("how they are put back: model/reconcile"),
  placement: notForTheEngine("on which hosts: model/placement"),
  endpoint_mode: notForTheEngine("swarm's load balancing; names resolve to every container"),
};

function inSameBody(host: Body): Body {
  return host;
}

/** Zero means "not set" and must not override the service's own attribute. */
function ifSet<Value>(name: string, convert: (value: Value) => number) {
  return sets([name], (value: Value, host: Body) => {
    const number = convert(value);
    if (number !== 0) host[name] = number;
  });
}

export const blkioPlaces: Table<BlkioConfig, Body> = {
  weight: field("BlkioWeight"),
  weight_device: field("BlkioWeightDevice", (devices) =>
    devices.map(({ path, weight }) => ({ Path: path, Weight: weight })),
  ),
  device_read_bps: field("BlkioDeviceReadBps", throttles),
  device_read_iops: field("BlkioDeviceReadIOps", throttles),
  device_write_bps: field("BlkioDeviceWriteBps", throttles),
  device_write_iops: field("BlkioDeviceWriteIOps", throttles),
};

function throttles(devices: ThrottleDevice[]): Body[] {
  return devices.map(({ path, rate }) => ({ Path: path, Rate: bytes(rate) }));
}

const mappingPlaces: Table<DeviceMapping, Body> = {
  source: field("PathOnHost"),
  target: field("PathInContainer"),
  permissions: field("CgroupPermissions"),
};

function deviceMapping(mapping: DeviceMapping): Body {
  const body: Body = {};
  land(mappingPlaces, mapping, body);
  return body;
}

const requestPlaces: Table<DeviceRequest, Body> = {
  driver: field("Driver"),
  count: field("Count"),
  device_ids: field("DeviceIDs"),
  capabilities: field("Capabilities", (all) => [all]),
  options: field("Options"),
};

function deviceRequest(device: DeviceRequest): Body {
  const body: Body = {};
  land(requestPlaces, device, body);
  return body;
}

function request(host: Body, device: Body): void {
  host.DeviceRequests = [...listOf(host.DeviceRequests), device];
}
