import { PassThrough } from 'node:stream';
import { Body, Controller, Param, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { CallerOf } from '#apps/api/auth/caller-of.decorator';
import { accepted, idOf } from '#apps/api/errors/accepted';
import { Refused } from '#apps/api/errors/refused';
import { valid } from '#apps/api/errors/valid';
import { Operation } from '#apps/api/operation.decorator';
import { type AskWhatIf, askWhatIf, getSimulation, listSimulations, streamSimulation } from '#contracts/admin/simulations';
import type { Caller } from '#core/access/caller';
import { type SimulationRow, WhatIfService } from '#features/simulations/what-if.service';

const LOOK_EVERY_MS = 500;
/** A comment this often tells the reader, and what lies between, that the stream is alive. */
const HEARTBEAT_MS = 8_000;
/** Each reads the database twice a second. */
const MAX_STREAMS = 50;

/** What the last day would have been. */
@Controller()
export class SimulationsController {
  private streams = 0;

  constructor(private readonly whatIf: WhatIfService) {}

  @Operation(askWhatIf)
  async ask(@CallerOf() caller: Caller, @Body(valid(askWhatIf.body)) { poolClass, changes }: AskWhatIf) {
    return view(accepted(await this.whatIf.ask(caller, poolClass, changes)));
  }

  @Operation(listSimulations)
  async list() {
    return { simulations: (await this.whatIf.list()).map(view) };
  }

  @Operation(getSimulation)
  async find(@Param('id') id: string) {
    return view(accepted(await this.whatIf.find(idOf(id))));
  }

  @Operation(streamSimulation)
  async stream(@Param('id') given: string, @Res({ passthrough: false }) reply: FastifyReply): Promise<void> {
    const id = idOf(given);
    let row = accepted(await this.whatIf.find(id));
    if (this.streams >= MAX_STREAMS) throw new Refused('limit_reached', `This process serves at most ${MAX_STREAMS} of these streams`);
    this.streams += 1;
    const stream = new PassThrough();
    let timer: NodeJS.Timeout | undefined;
    let last = '';
    const look = async () => {
      const now = JSON.stringify(view(row));
      if (now !== last) stream.write(`event: simulation\ndata: ${now}\n\n`);
      last = now;
      if (row.state === 'done' || row.state === 'failed') return void stream.end();
      timer = setTimeout(async () => {
        try {
          row = accepted(await this.whatIf.find(id));
          if (!stream.destroyed) await look();
        } catch {
          stream.end(); // the reader comes again, and learns why
        }
      }, LOOK_EVERY_MS);
    };
    const heartbeat = setInterval(() => stream.write(': alive\n\n'), HEARTBEAT_MS);
    stream.on('close', () => {
      clearTimeout(timer);
      clearInterval(heartbeat);
      this.streams -= 1;
    });
    await look();
    await reply
      .headers({ 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store', 'x-accel-buffering': 'no' })
      .send(stream);
  }
}

function view({ askedAt, ...simulation }: SimulationRow) {
  return { ...simulation, askedAt: askedAt.toISOString() };
}
