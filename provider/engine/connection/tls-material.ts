/** Certificates and key for an engine: from a folder, or from the secrets of the stack's configuration. */
import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { K2Error, messageOf, systemCodeOf } from "../../shared/errors.js";
import { tlsSecretName, tlsSetting } from "../../model/tls.js";

/** PEM texts. */
export interface TlsMaterial {
  ca?: string;
  cert?: string;
  key?: string;
}

/** The material that configuration keeps under a name. It is asked for when a connection is opened, and kept nowhere. */
export type TlsSecrets = (name: string) => Promise<TlsMaterial | undefined>;

/** `tls` as a host says it: a folder, or "secret://NAME". Errors name files and settings, never what is in them. */
export async function readMaterial(
  tls: string,
  host: string,
  secrets: TlsSecrets = () => Promise.resolve(undefined),
): Promise<TlsMaterial> {
  const name = tlsSecretName(tls);
  return name === undefined ? fromFolder(tls, host) : fromSecrets(name, host, secrets);
}

/** Expands "~/certs" with the home folder of the current user. */
export function withHome(tls: string): string {
  return tls.replace(/^~(?=\/)/, homedir());
}

/** A certificate without its key, or the reverse, would fail later with an error that names neither file. */
async function fromFolder(folder: string, host: string): Promise<TlsMaterial> {
  const [ca, cert, key] = await Promise.all(
    ["ca.pem", "cert.pem", "key.pem"].map((file) => readPem(join(folder, file), host)),
  );
  const material = withoutEmpty({ ca, cert, key });
  const missing = missingOf(material);
  if (missing === undefined) return material;
  throw new K2Error("invalid-file", `the TLS folder ${folder} has no ${missing}.pem`, {
    at: host,
    hint: "Put ca.pem, cert.pem and key.pem there, as `docker --tlsverify` wants them.",
  });
}

async function fromSecrets(name: string, host: string, secrets: TlsSecrets): Promise<TlsMaterial> {
  const material = withoutEmpty((await secrets(name)) ?? {});
  const missing = missingOf(material);
  if (missing === undefined) return material;
  throw new K2Error("invalid-file", `the stack's configuration has no ${tlsSetting}.${name}.${missing}`, {
    at: host,
    hint: `Set ca, cert and key: pulumi config set --secret --path '${tlsSetting}.${name}.${missing}' < ${missing}.pem`,
  });
}

function missingOf({ ca, cert, key }: TlsMaterial): keyof TlsMaterial | undefined {
  if (cert && !key) return "key";
  if (key && !cert) return "cert";
  return !ca && !cert ? "ca" : undefined;
}

function withoutEmpty({ ca, cert, key }: TlsMaterial): TlsMaterial {
  return { ...(ca ? { ca } : {}), ...(cert ? { cert } : {}), ...(key ? { key } : {}) };
}

async function readPem(file: string, host: string): Promise<string | undefined> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    const code = systemCodeOf(error);
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw new K2Error("invalid-file", `cannot read ${file}: ${messageOf(error)}`, { at: host, cause: error });
  }
}
