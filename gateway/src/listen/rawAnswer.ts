import { STATUS_CODES } from 'node:http';
import { problemBody, problemHeaders, type Reason, reasons } from '../proxy/reasons.ts';

/** The bytes of a complete answer that ends its connection, for where node:http has no response object to give. */
export function rawAnswer(reason: Reason): string {
  const { status } = reasons[reason];
  let text = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nconnection: close\r\n`;
  const fields = problemHeaders(reason);
  for (let index = 0; index < fields.length; index += 2) text += `${fields[index]}: ${fields[index + 1]}\r\n`;
  return `${text}\r\n${problemBody(reason)}`;
}

/** Why a connection failed, by the code of node:http's `clientError`. */
export function reasonOf(code: string | undefined): Reason {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return 'HeadersTooLarge';
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return 'RequestTimeout';
    case 'HPE_INVALID_VERSION':
      return 'VersionNotSupported';
    default:
      return 'BadRequest';
  }
}
