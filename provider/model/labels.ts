/** The labels that record the owner of an object on the engine. The first group is docker compose's, unchanged. */
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
  /** On the container of a `pre_start` hook. */
  hook: "com.docker.compose.hook",
  replace: "com.docker.compose.replace",
  version: "com.docker.compose.version",
  network: "com.docker.compose.network",
  volume: "com.docker.compose.volume",
  /** The Pulumi stack that owns the object, "organization/project/stack". */
  stack: "k2-compose.stack",
  /** Tells stacks of one name apart. Objects of older versions have none. */
  stackId: "k2-compose.stack-id",
  /** On images: hash of the build contents. */
  build: "k2-compose.build",
  /** Hash of the contents of a container's configs, secrets and uploads, which docker compose's hash omits. */
  files: "k2-compose.files",
  /** On a container that is never started: the service, "shop/web", whose folder is uploaded through it. */
  fills: "k2-compose.fills",
  /** On the same container: the machine and process that upload, "laptop 4711". */
  filler: "k2-compose.filler",
  /** On volumes with such contents: the service that they were created for, "shop/web". */
  filesOf: "k2-compose.files-of",
} as const;

/** The release of docker compose whose labels and hashes k2-compose uses. */
export const composeVersion = "5.5.1";
