import { type LookupAddress, lookup } from 'node:dns'
import { BlockList, isIP, type LookupFunction } from 'node:net'

/** Reached by no import, however it is asked for: what a cloud tells its machines, credentials among it. */
const NEVER = new BlockList()
NEVER.addSubnet('169.254.0.0', 16, 'ipv4')
NEVER.addSubnet('fe80::', 10, 'ipv6')
NEVER.addAddress('fd00:ec2::254', 'ipv6')

/** This machine and its neighbours (RFC 1122, 1918, 4193, 6598, 6890). */
const PRIVATE = new BlockList()
for (const [net, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
] as const) {
  PRIVATE.addSubnet(net, bits, 'ipv4')
}
PRIVATE.addSubnet('::', 127, 'ipv6')
PRIVATE.addSubnet('fc00::', 7, 'ipv6')

/** Why an address may not be connected to, to follow "it is"; undefined where it may. */
export function addressProblem(address: string, allowPrivate: boolean): string | undefined {
  if (listed(NEVER, address)) return 'a link-local address, where clouds keep credentials'
  return !allowPrivate && isPrivate(address) ? 'a private address' : undefined
}

/** Whether an address is of this machine or its own network. */
export function isPrivate(address: string): boolean {
  return listed(PRIVATE, address)
}

/** IPv4 in IPv6 clothes (`::ffff:127.0.0.1`) is matched by the IPv4 rules too: Node's BlockList does that. */
function listed(list: BlockList, address: string): boolean {
  const family = isIP(address)
  return family !== 0 && list.check(address, family === 6 ? 'ipv6' : 'ipv4')
}

/** An address was refused; the connection was never made. */
export class RefusedAddress extends Error {}

/**
 * Looks a host up once and hands on addresses that were judged, so that what is connected to is what was judged (no
 * second answer of a rebinding name server). Hosts that are addresses are not looked up: judge them by {@link judgeHost}.
 */
export function judgedLookup(allowPrivate: boolean): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, addresses: LookupAddress[]) => {
      const [first] = addresses ?? []
      if (error !== null || first === undefined) return callback(error, '', 4)
      for (const { address } of addresses) {
        const problem = addressProblem(address, allowPrivate)
        if (problem !== undefined) return callback(new RefusedAddress(`it is ${problem} (${address})`), '', 4)
      }
      if (options.all) return callback(null, addresses)
      return callback(null, first.address, first.family)
    })
  }
}

/** Judges a URL's host where it is an address. @throws {@link RefusedAddress} */
export function judgeHost({ hostname }: URL, allowPrivate: boolean): void {
  const problem = addressProblem(hostname.replace(/^\[(.*)\]$/, '$1'), allowPrivate)
  if (problem !== undefined) throw new RefusedAddress(`it is ${problem}`)
}
