import { createReadStream } from "node:fs";
import { isDebian } from "../support/debian.mjs";
import { debianImageNames, debianImages } from "../support/debian-images.mjs";
import { engineRequest, hasImage } from "../support/engine-api.mjs";
import { SetupError } from "../support/step.mjs";

const usual = {
  NGINX_IMAGE: "nginx:1.28-alpine",
  REDIS_IMAGE: "redis:7-alpine",
  PYTHON_IMAGE: "python:3.13-alpine",
};
const packed = debianImageNames.example;

/**
 * The example's images on the engine, as variables for its compose file: the official images if the engine reaches a
 * registry that has them, otherwise images of the same programs from Debian packages.
 */
export async function images(engine, progress) {
  for (const variables of [usual, packed]) {
    if (await hasAll(engine, Object.values(variables)))
      return { detail: `${list(variables)}, present`, value: variables };
  }
  const refused = await pullAll(engine, Object.values(usual), progress);
  if (!refused) return { detail: `${list(usual)}, pulled`, value: usual };
  if (!isDebian()) {
    throw new SetupError(
      `The engine cannot pull the example's images (${refused}). Give it access to a registry, or load ${list(usual)} into it, and run this again.`,
    );
  }
  progress("no registry within reach: packing the same programs from Debian's packages");
  const { example } = await debianImages(progress);
  progress("loading images into the engine");
  await loadImages(engine, example);
  return { detail: `${list(packed)}, packed from Debian's packages`, value: packed };
}

export async function loadImages(engine, archive) {
  let failure;
  const onMessage = (message) => (failure ??= message.error);
  const request = {
    body: createReadStream(archive),
    type: "application/x-tar",
    deadlineMs: 120_000,
    onMessage,
  };
  const { status, text } = await engineRequest(engine, "POST", "/images/load?quiet=1", request);
  if (status !== 200 || failure)
    throw new Error(`${engine.address}: loading ${archive}: ${failure ?? text.trim()}`);
}

/** Returns why an image could not be pulled, or undefined if all are present. */
async function pullAll(engine, names, progress) {
  for (const name of names) {
    const refused = (await hasImage(engine, name)) ? undefined : await pull(engine, name, progress);
    if (refused) return refused;
  }
  return undefined;
}

async function pull(engine, name, progress) {
  progress(`pulling ${name}`);
  const [image, tag] = name.split(":");
  let failure;
  const onMessage = ({ error, status, progress: bar }) => {
    failure ??= error;
    progress(`pulling ${name}: ${status ?? ""} ${bar ?? ""}`.trim());
  };
  const path = `/images/create?fromImage=${image}&tag=${tag}`;
  // A firewall that drops packets causes no error, so the attempt ends after 30 s.
  const answer = await engineRequest(engine, "POST", path, { onMessage, deadlineMs: 30_000 }).catch(
    (error) => ({ text: error.message }),
  );
  return failure ?? (answer.status === 200 ? undefined : message(answer.text));
}

async function hasAll(engine, names) {
  return (await Promise.all(names.map((name) => hasImage(engine, name)))).every(Boolean);
}

function list(variables) {
  return Object.values(variables).join(" ");
}

function message(text) {
  try {
    return JSON.parse(text).message;
  } catch {
    return text.trim();
  }
}
