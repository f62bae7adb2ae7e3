import type { Project } from "../compose/types.js";
import { K2Error } from "../shared/errors.js";

/**
 * Applies `DOCKER_DEFAULT_PLATFORM` of the environment or of .env, and changes the project: services that are built and have no
 * platform are built and run for it. Images are pulled for it too, which does not change the configuration of services.
 */
export function withDefaultPlatform(project: Project): void {
  const platform = defaultPlatform(project);
  if (platform === undefined) return;
  for (const [name, service] of Object.entries(project.services)) {
    if (!service.build || service.platform !== undefined) continue;
    const { platforms = [] } = service.build;
    if (platforms.length > 0 && !platforms.includes(platform))
      throw new K2Error(
        "invalid-file",
        `services.${name}.build.platforms does not contain ${platform}, the value of DOCKER_DEFAULT_PLATFORM`,
        { at: project.positionOf(`services.${name}.build`), hint: "Set `platform` of the service." },
      );
    service.platform = platform;
  }
}

export function defaultPlatform({ environment }: Pick<Project, "environment">): string | undefined {
  return environment.DOCKER_DEFAULT_PLATFORM || undefined;
}
