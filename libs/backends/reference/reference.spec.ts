import { describeBackend } from '#backends/conformance/describe-backend';
import { createBackend } from '#backends/registry';

describeBackend('reference', () => createBackend('reference'));
describeBackend('reference instant', () => createBackend('reference', { referenceMode: 'instant' }), { media: 'placeholder' });
