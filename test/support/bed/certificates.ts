import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { must } from "../cli/command.js";

/** Creates a certificate authority, a server's and a client's certificate, with docker's file names. */
export async function createCertificates(folder: string, ip: string): Promise<void> {
  if (existsSync(join(folder, "done"))) return;
  mkdirSync(folder, { recursive: true });
  const path = (name: string) => join(folder, name);
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  const self = [
    "-x509",
    "-days",
    "30",
    "-subj",
    "/CN=k2 test bed",
    "-keyout",
    path("ca-key.pem"),
    "-out",
    path("ca.pem"),
  ];
  await must("openssl", "req", ...key, ...self);
  const names = { server: `subjectAltName=IP:${ip},IP:127.0.0.1`, client: "extendedKeyUsage=clientAuth" };
  for (const [role, extension] of Object.entries(names)) {
    const prefix = role === "client" ? "" : "server-";
    const request = path(`${role}.csr`);
    writeFileSync(path(`${role}.ext`), extension);
    await must(
      "openssl",
      "req",
      ...key,
      "-subj",
      `/CN=${role}`,
      "-keyout",
      path(`${prefix}key.pem`),
      "-out",
      request,
    );
    const authority = ["-CA", path("ca.pem"), "-CAkey", path("ca-key.pem"), "-CAcreateserial", "-days", "30"];
    const signed = ["-in", request, "-extfile", path(`${role}.ext`), "-out", path(`${prefix}cert.pem`)];
    await must("openssl", "x509", "-req", ...authority, ...signed);
  }
  writeFileSync(path("done"), "");
}
