/** The labels by which an engine remembers whose a thing is. The first group is docker compose's, to the letter. */
export const label = {
  project: "com.docker.compose.project",
  service: "com.docker.compose.service",
  number: "com.docker.compose.container-number",
  oneoff: "com.docker.compose.oneoff",
  configHash: "com.docker.compose.config-hash",
  image: "com.docker.compose.image",
  dependsOn: "com.docker.compose.depends_on",
  workingDir: "com.docker.compose.project.working_dir",
  configFiles: "com.docker.compose.project.config_files",
  environmentFile: "com.docker.compose.project.environment_file",
  replace: "com.docker.compose.replace",
  version: "com.docker.compose.version",
  network: "com.docker.compose.network",
  volume: "com.docker.compose.volume",
  /** The Pulumi stack that a thing belongs to, "organization/project/stack". */
  stack: "k2-compose.stack",
  /** On images: hash of what they were built of. */
  build: "k2-compose.build",
  /** Hash of the contents of a container's configs, secrets and uploads, which docker compose's hash leaves out. */
  files: "k2-compose.files",
  /** On a container that is never started: the service, "shop/web", whose folder is uploaded through it. */
  fills: "k2-compose.fills",
  /** Beside it: the machine and process that upload, "laptop 4711". */
  filler: "k2-compose.filler",
  /** On volumes of such contents: the service that they were made for, "shop/web". */
  filesOf: "k2-compose.files-of",
} as const;

/** The release of docker compose whose labels and hashes ours are. */
export const composeVersion = "5.5.1";
