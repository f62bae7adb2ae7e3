import type { Project } from "../compose/types.js";
import { K2Error } from "../shared/errors.js";

/**
 * `DOCKER_DEFAULT_PLATFORM`, of the environment or of .env: what is built is built and run for it, where its service names
 * no platform. What is pulled is pulled for it as well, without being any other configuration. The project is changed.
 */
export function withDefaultPlatform(project: Project): void {
  const platform = defaultPlatform(project);
  if (platform === undefined) return;
  for (const [name, service] of Object.entries(project.services)) {
    if (!service.build || service.platform !== undefined) continue;
    const { platforms = [] } = service.build as { platforms?: string[] };
    if (platforms.length > 0 && !platforms.includes(platform))
      throw new K2Error(
        "invalid-file",
        `services.${name}.build.platforms lacks ${platform}, which DOCKER_DEFAULT_PLATFORM asks for`,
        { at: project.positionOf(`services.${name}.build`), hint: "Give the service a platform of its own." },
      );
    service.platform = platform;
  }
}

export function defaultPlatform({ environment }: Pick<Project, "environment">): string | undefined {
  return environment.DOCKER_DEFAULT_PLATFORM || undefined;
}
