import { describe, expect, it } from 'vitest'
import { PromMeter } from '../../src/infrastructure/telemetry/prom-meter.ts'

describe('the meter', () => {
  it('shows every metric of the contract from the start', async () => {
    const text = await new PromMeter({ cursorsBehind: () => 0 }).render()
    for (const line of [
      'messenger_connections{transport="graphql"} 0',
      'messenger_connections{transport="websocket"} 0',
      'messenger_subscriptions{transport="graphql"} 0',
      'messenger_deliveries_total{transport="websocket"} 0',
      'messenger_cursors_behind 0',
      'messenger_store_reads_total 0',
      'messenger_store_statements_total{kind="read"} 0',
      'messenger_store_statements_total{kind="write"} 0',
      'messenger_store_batches_total 0',
      'messenger_store_commands_total 0',
      'messenger_commit_seconds_count 0',
      'messenger_commands_waiting 0',
      'messenger_openings_waiting 0',
      'messenger_recent_bytes 0',
      'messenger_batch_commands_count 0',
      'messenger_fan_out_count 0',
      'messenger_delivery_seconds_bucket{le="+Inf"} 0',
      '# TYPE messenger_closings_total counter',
      '# TYPE messenger_requests_total counter',
      '# TYPE messenger_process_cpu_seconds_total counter',
    ])
      expect(text.split('\n')).toContain(line)
  })

  it('counts what is reported, however often it is rendered', async () => {
    let behind = 3
    const meter = new PromMeter({ cursorsBehind: () => behind })
    meter.connectionOpened('graphql')
    meter.connectionOpened('graphql')
    meter.connectionClosed('graphql')
    meter.subscriptionOpened('websocket')
    meter.delivered('websocket', 1000)
    meter.committed(64, 0.003)
    meter.committed(1, -1)
    meter.storeStatements('read', 1)
    meter.storeStatements('write', 9)
    meter.storeStatements('write', 4)
    meter.request('sendMessage', 'OK')
    meter.request('sendMessage', 'OK')
    meter.request('sendMessage', 'FORBIDDEN')
    meter.fannedOut(3, 2)
    meter.fannedOut(20_000, 1)
    for (const seconds of [-0.002, 0.004, 0.005, 0.3, 61]) meter.deliveredAfter(seconds)
    meter.closed('websocket', 1001)
    meter.closed('websocket', 1001)
    meter.closed('graphql', 4408)
    const lines = [
      'messenger_connections{transport="graphql"} 1',
      'messenger_subscriptions{transport="websocket"} 1',
      'messenger_deliveries_total{transport="websocket"} 1000',
      'messenger_store_reads_total 1',
      'messenger_store_statements_total{kind="read"} 1',
      'messenger_store_statements_total{kind="write"} 13',
      'messenger_store_batches_total 2',
      'messenger_store_commands_total 65',
      'messenger_commit_seconds_bucket{le="0.005"} 2',
      'messenger_requests_total{operation="sendMessage",code="OK"} 2',
      'messenger_batch_commands_bucket{le="1"} 1',
      'messenger_batch_commands_bucket{le="64"} 2',
      'messenger_fan_out_bucket{le="2"} 0',
      'messenger_fan_out_bucket{le="5"} 2',
      'messenger_fan_out_bucket{le="10000"} 2',
      'messenger_fan_out_bucket{le="+Inf"} 3',
      'messenger_fan_out_sum 20006',
      'messenger_fan_out_count 3',
      'messenger_delivery_seconds_bucket{le="0.001"} 1',
      'messenger_delivery_seconds_bucket{le="0.005"} 3',
      'messenger_delivery_seconds_bucket{le="60"} 4',
      'messenger_delivery_seconds_bucket{le="+Inf"} 5',
      'messenger_closings_total{transport="websocket",code="1001"} 2',
      'messenger_closings_total{transport="graphql",code="4408"} 1',
      'messenger_requests_total{operation="sendMessage",code="FORBIDDEN"} 1',
    ]
    expect((await meter.render()).split('\n')).toEqual(expect.arrayContaining([...lines, 'messenger_cursors_behind 3']))
    behind = 0
    expect((await meter.render()).split('\n')).toEqual(expect.arrayContaining([...lines, 'messenger_cursors_behind 0']))
  })

  it('shares nothing with another meter of the process', async () => {
    const [one, other] = [new PromMeter({ cursorsBehind: () => 0 }), new PromMeter({ cursorsBehind: () => 0 })]
    one.storeStatements('read', 1)
    expect(await other.render()).toContain('messenger_store_statements_total{kind="read"} 0')
    expect(one.contentType).toContain('text/plain')
  })
})
