import { Controller } from '@nestjs/common';
import { Operation } from '#apps/api/operation.decorator';
import { EVENTS } from '#contracts/events/catalogue';
import { sampleData } from '#contracts/events/sample-event';
import { EVENT_TYPES, type EventTypeView, listEventTypes } from '#contracts/native/event-types';

/** The catalogue is code: it is put into words once. */
const CATALOGUE: readonly EventTypeView[] = EVENT_TYPES.map((type) => ({
  type,
  summary: EVENTS[type].summary,
  sample: sampleData(type),
}));

/** What there is to hear of. */
@Controller()
export class EventTypesController {
  @Operation(listEventTypes)
  list() {
    return { eventTypes: CATALOGUE };
  }
}
