import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { pythonWith } from '#testing/python-venv';

const REQUIREMENTS = ['scim2-tester==0.5.2', 'scim-sanity==0.7.4', 'scim2-client[httpx2]==0.13.2'];
const MAX_OUTPUT_BYTES = 20_000_000;

/** All checks of scim2-tester against a service provider, as JSON: what was checked, how it ended, and why. */
const TESTER = `
import json, sys
from httpx2 import Client
from scim2_client.engines.httpx2 import SyncSCIMClient
from scim2_tester import check_server

url, token = sys.argv[1:]
with Client(base_url=url, headers={'Authorization': f'Bearer {token}'}, timeout=30) as http:
    results = check_server(SyncSCIMClient(http))
print(json.dumps([{'title': one.title, 'resource': one.resource_type, 'status': one.status.name, 'reason': one.reason} for one in results]))
`;

export interface TesterResult {
  title: string;
  resource: string | null;
  status: string;
  reason: string;
}

/** What two published testers of SCIM find at a running service provider. */
export class ScimTesters {
  private constructor(private readonly python: string) {}

  static async prepare(): Promise<ScimTesters> {
    return new ScimTesters(await pythonWith(REQUIREMENTS));
  }

  async scim2Tester(url: string, token: string): Promise<TesterResult[]> {
    return JSON.parse(await this.run(['-c', TESTER, url, token]));
  }

  /** In its strict mode. */
  async scimSanity(url: string, token: string): Promise<{ name: string; status: string; message: string }[]> {
    const args = ['-m', 'scim_sanity', 'probe', url, '--token', token, '--strict', '--json-output', '--i-accept-side-effects'];
    const { results } = JSON.parse(await this.run(args));
    return results;
  }

  /** What it prints, also when it ends with the code of a failed test. */
  private async run(args: string[]): Promise<string> {
    const { stdout } = await promisify(execFile)(this.python, args, { maxBuffer: MAX_OUTPUT_BYTES }).catch((error) => {
      if (error.stdout) return { stdout: String(error.stdout) };
      throw error;
    });
    return stdout;
  }
}
