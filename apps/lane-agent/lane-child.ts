import { serveLane } from '#apps/lane-agent/serve-lane';
import { createBackend } from '#backends/registry';

// Arguments: lane id (for whoever reads the process list), backend, mode of the reference backend. No credentials come this way.
const [, , , backend = 'reference', mode] = process.argv;
serveLane(createBackend(backend, { referenceMode: mode === 'instant' ? 'instant' : 'full' }));
