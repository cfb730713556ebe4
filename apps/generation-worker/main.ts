import { environment } from '#apps/generation-worker/environment';
import { GenerationWorkerModule } from '#apps/generation-worker/generation-worker.module';
import { runApp } from '#platform/process/run-app';

await runApp({ module: GenerationWorkerModule, host: '127.0.0.1', port: environment.HALOGEN_HEALTH_PORT });
