/** Goes into the workflow bundle beside `generate`: passes the trace of the start on to the activities. */
export { interceptors } from '@temporalio/interceptors-opentelemetry/lib/workflow-interceptors.js';
