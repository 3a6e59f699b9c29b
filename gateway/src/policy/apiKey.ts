import type { AuthMethodOf } from '@evergate/contract/authSettings';
import { type Authenticator, authenticated, refused } from './authResult.ts';
import { compileCredential } from './credential.ts';
import { identityFields } from './identityFields.ts';
import type { Secrets } from './secrets.ts';

/** API keys, from a header, a cookie or the query. The claims have the name of the key as `sub`. */
export function compileApiKey(method: AuthMethodOf<'APIKey'>, secrets: Secrets): Authenticator {
  const read = compileCredential(method.from);
  const { identityHeader } = method;
  const pairs: [string, string][] = identityHeader === undefined ? [] : [['sub', identityHeader]];
  const bearer = method.from.find(({ type, prefix }) => type === 'Header' && prefix !== undefined && prefix !== '');
  return {
    challenge: bearer?.prefix?.trim(),
    identityHeaders: pairs.map(([, header]) => header),
    authenticate(subject) {
      const key = read(subject);
      const name = key === undefined ? undefined : secrets.apiKeyName(method.secrets, key);
      if (name === undefined) return refused;
      const claims = { sub: name };
      return authenticated('APIKey', identityFields(pairs, claims), claims);
    },
  };
}
