import { Body, Controller, Param } from '@nestjs/common';
import { CallerOf } from '#apps/api/auth/caller-of.decorator';
import { accepted, idOf } from '#apps/api/errors/accepted';
import { valid } from '#apps/api/errors/valid';
import { Operation } from '#apps/api/operation.decorator';
import {
  approveProposal,
  type CountTouched,
  countTouched,
  declineProposal,
  liftSwitch,
  listProposals,
  listSwitches,
  type Propose,
  propose,
  type SetSwitch,
  setSwitch,
} from '#contracts/admin/controls';
import type { Caller } from '#core/access/caller';
import { dayOf, isoDay } from '#core/capacity/days';
import type { Switch } from '#core/controls/switches';
import { type ProposalRow, ProposalsService, type ProposedAct } from '#features/controls/proposals.service';
import { SwitchesService } from '#features/controls/switches.service';
import { TouchedService } from '#features/controls/touched.service';

type Act = CountTouched['act'];

/** What operators stop, and what another one of them has to approve. */
@Controller()
export class ControlsController {
  constructor(
    private readonly switches: SwitchesService,
    private readonly proposals: ProposalsService,
    private readonly touched: TouchedService,
  ) {}

  @Operation(countTouched)
  async count(@CallerOf() caller: Caller, @Body(valid(countTouched.body)) { act }: CountTouched) {
    return accepted(await this.touched.by(caller, act.does === 'cut' ? cutAct(act) : act));
  }

  @Operation(setSwitch)
  async set(@CallerOf() caller: Caller, @Body(valid(setSwitch.body)) wanted: SetSwitch) {
    return switchView(accepted(await this.switches.set(caller, wanted)));
  }

  @Operation(listSwitches)
  async list() {
    return { switches: (await this.switches.list()).map(switchView) };
  }

  @Operation(liftSwitch)
  async lift(@CallerOf() caller: Caller, @Param('id') id: string): Promise<void> {
    accepted(await this.switches.lift(caller, idOf(id)));
  }

  @Operation(propose)
  async propose(@CallerOf() caller: Caller, @Body(valid(propose.body)) { act, reason }: Propose) {
    return proposalView(caller, accepted(await this.proposals.propose(caller, act.does === 'cut' ? cutAct(act) : act, reason)));
  }

  @Operation(listProposals)
  async listProposals(@CallerOf() caller: Caller) {
    return { proposals: (await this.proposals.list()).map((row) => proposalView(caller, row)) };
  }

  @Operation(approveProposal)
  async approve(@CallerOf() caller: Caller, @Param('id') id: string) {
    return proposalView(caller, accepted(await this.proposals.approve(caller, idOf(id))));
  }

  @Operation(declineProposal)
  async decline(@CallerOf() caller: Caller, @Param('id') id: string) {
    return proposalView(caller, accepted(await this.proposals.decline(caller, idOf(id))));
  }
}

function cutAct({ startsOn, endsOn, ...cut }: Extract<Act, { does: 'cut' }>): Extract<ProposedAct, { does: 'cut' }> {
  return { ...cut, startsOn: dayOf(startsOn), endsOn: endsOn === null ? null : dayOf(endsOn) };
}

function switchView({ setAt, endsAt, ...one }: Switch) {
  return { ...one, setAt: setAt.toISOString(), endsAt: endsAt?.toISOString() ?? null };
}

function proposalView({ person }: Caller, { act, proposedBy, decision: _, ...row }: ProposalRow) {
  return {
    ...row,
    act: act.does === 'cut' ? { ...act, startsOn: isoDay(act.startsOn), endsOn: act.endsOn === null ? null : isoDay(act.endsOn) } : act,
    isOwn: person?.id === proposedBy,
    proposedAt: row.proposedAt.toISOString(),
    expiresAt: row.expiresAt.toISOString(),
    decidedAt: row.decidedAt?.toISOString() ?? null,
  };
}
