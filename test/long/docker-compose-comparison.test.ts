import { attributeNames } from "../support/docker-compose/attributes.js";
import { compareAttributes } from "../support/docker-compose/compare-attributes.js";

compareAttributes(attributeNames(), { start: true });
