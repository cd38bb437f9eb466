// What somebody should know of. Without an address alerts are seen in the portal only.

param location string
param tags object

@minLength(13)
@maxLength(13)
param token string

param workspaceId string
param busId string
param storageId string

@description('Of the Application Gateway; empty: there is none.')
param gatewayId string

@description('Where alerts are sent; empty: nowhere.')
param email string

@description('After so many hours without mail it is told that none comes, 48 at most; 0: never.')
@minValue(0)
@maxValue(48)
param quietHours int

// Each query answers with a row when there is something to tell, and with none else: so that "no rows" never decides by itself.
var measured = [
  {
    name: 'dead-letters'
    description: 'Mail was given up and is a record now: look for it with the gateway\'s commands.'
    severity: 2
    every: 'PT15M'
    window: 'PT15M'
    query: 'AppMetrics | where Name == "gateway.pipeline.dead_letters" | summarize Records = sum(Sum) | where Records > 0'
  }
  {
    name: 'unrouted'
    description: 'Recipients were accepted that no route takes.'
    severity: 3
    every: 'PT1H'
    window: 'PT1H'
    query: 'AppMetrics | where Name == "gateway.pipeline.unrouted" | summarize Recipients = sum(Sum) | where Recipients > 0'
  }
  {
    name: 'endpoint-parked'
    description: 'An endpoint answered 410: nothing is sent there until somebody says so.'
    severity: 2
    every: 'PT15M'
    window: 'PT15M'
    query: 'AppMetrics | where Name == "gateway.pipeline.endpoints.parked" | summarize Endpoints = sum(Sum) | where Endpoints > 0'
  }
  {
    name: 'intake-failures'
    description: 'Messages were put off with 451 because storage or bus did not take them; senders try again.'
    severity: 1
    every: 'PT5M'
    window: 'PT15M'
    query: 'AppMetrics | where Name == "gateway.azure.intake.failures" | summarize Failures = sum(Sum) | where Failures > 5'
  }
  {
    // Measured every five minutes by one instance. Another that measured before may go on telling its last value until it ends, so this may stay on for a while
    // after the queue is empty; it is never silent while it is not.
    name: 'queue-oldest'
    description: 'An event that is due has waited for more than a quarter of an hour: nothing works on its queue, or not fast enough.'
    severity: 2
    every: 'PT15M'
    window: 'PT15M'
    query: 'AppMetrics | where Name == "gateway.azure.queue.oldest" | summarize Oldest = max(Max) by Queue = tostring(Properties.queue) | where Oldest > 900'
  }
  {
    name: 'certificate'
    description: 'The certificate of a running server ends in less than three weeks.'
    severity: 2
    every: 'PT1H'
    window: 'PT1H'
    query: 'AppMetrics | where Name == "gateway.smtp.certificate.remaining" | summarize Remaining = min(Min) | where Remaining < 21 * 86400'
  }
  {
    // Behind a gateway nobody else can connect, so even a few mean that its header does not get through, or comes from where it is not expected.
    name: 'proxy-refused'
    description: 'Connections are refused, for they begin with no PROXY header that may be believed: no mail comes in through the gateway.'
    severity: 1
    every: 'PT15M'
    window: 'PT15M'
    query: 'AppMetrics | where Name == "gateway.smtp.proxy.refused" | summarize Connections = sum(Sum) | where Connections > 5'
  }
  {
    name: 'behind-nat'
    description: 'Clients\' addresses are hidden by a network address translation: SPF and block lists say nothing.'
    severity: 1
    every: 'PT1H'
    window: 'PT1H'
    query: 'AppMetrics | where Name == "gateway.smtp.client.unknown" and tostring(Properties["smtp.reason"]) == "behind_nat" | summarize Connections = sum(Sum) | where Connections > 0'
  }
]

// A dead-man's switch. Over no rows at all "summarize" without "by" still gives one row, whose count is 0; so a gateway that is silent altogether is told of too.
// A time of two days is the most that a rule may look back; the query takes of it what was asked for.
var quiet = quietHours == 0
  ? []
  : [
      {
        name: 'no-mail'
        description: 'No mail was accepted for ${quietHours} hours.'
        severity: 2
        every: 'PT1H'
        window: 'P2D'
        query: 'AppMetrics | where TimeGenerated > ago(${quietHours}h) and Name == "gateway.smtp.message.size" | summarize Accepted = coalesce(sum(ItemCount), 0) | where Accepted == 0'
      }
    ]

resource group 'Microsoft.Insights/actionGroups@2023-01-01' = if (!empty(email)) {
  name: 'ag-${token}'
  location: 'global'
  tags: tags
  properties: {
    groupShortName: 'mailgateway'
    enabled: true
    emailReceivers: [{ name: 'operator', emailAddress: email, useCommonAlertSchema: true }]
  }
}

resource query 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = [
  for rule in concat(measured, quiet): {
    name: 'alert-${rule.name}-${token}'
    location: location
    tags: tags
    kind: 'LogAlert'
    properties: {
      displayName: 'Mail gateway: ${rule.name}'
      description: rule.description
      severity: rule.severity
      enabled: true
      autoMitigate: true
      scopes: [workspaceId]
      evaluationFrequency: rule.every
      windowSize: rule.window
      skipQueryValidation: true // the workspace is minutes old at the first deployment
      criteria: {
        allOf: [
          {
            query: rule.query
            timeAggregation: 'Count'
            operator: 'GreaterThan'
            threshold: 0
            failingPeriods: { numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 }
          }
        ]
      }
      actions: { actionGroups: empty(email) ? [] : [group.id] }
    }
  }
]

// Of Azure's own. Dead letters are taken out of their queue as they come, so what is there for half an hour is what nobody takes out.
var ofBus = [
  {
    name: 'bus-dead-letters'
    metric: 'DeadletteredMessages'
    aggregation: 'Minimum'
    above: 0
    window: 'PT30M'
    dimensions: [{ name: 'EntityName', operator: 'Include', values: ['*'] }]
  }
  { name: 'bus-errors', metric: 'ServerErrors', aggregation: 'Total', above: 10, window: 'PT15M', dimensions: [] }
  {
    name: 'bus-throttled'
    metric: 'ThrottledRequests'
    aggregation: 'Total'
    above: 10
    window: 'PT15M'
    dimensions: []
  }
]

resource bus 'Microsoft.Insights/metricAlerts@2018-03-01' = [
  for rule in ofBus: {
    name: 'alert-${rule.name}-${token}'
    location: 'global'
    tags: tags
    properties: {
      description: 'Service Bus: ${rule.metric}'
      severity: 2
      enabled: true
      autoMitigate: true
      scopes: [busId]
      evaluationFrequency: 'PT5M'
      windowSize: rule.window
      criteria: {
        'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
        allOf: [
          {
            criterionType: 'StaticThresholdCriterion'
            name: rule.name
            metricNamespace: 'Microsoft.ServiceBus/namespaces'
            metricName: rule.metric
            dimensions: rule.dimensions
            timeAggregation: rule.aggregation
            operator: 'GreaterThan'
            threshold: rule.above
          }
        ]
      }
      actions: empty(email) ? [] : [{ actionGroupId: group.id }]
    }
  }
]

resource storage 'Microsoft.Insights/metricAlerts@2018-03-01' = {
  name: 'alert-storage-errors-${token}'
  location: 'global'
  tags: tags
  properties: {
    description: 'Storage of mail: server errors, or more requests than it takes'
    severity: 2
    enabled: true
    autoMitigate: true
    scopes: [storageId]
    evaluationFrequency: 'PT5M'
    windowSize: 'PT15M'
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
      allOf: [
        {
          criterionType: 'StaticThresholdCriterion'
          name: 'storage-errors'
          metricNamespace: 'Microsoft.Storage/storageAccounts'
          metricName: 'Transactions'
          dimensions: [
            {
              name: 'ResponseType'
              operator: 'Include'
              values: [
                'ServerOtherError'
                'ServerBusyError'
                'ServerTimeoutError'
                'ClientThrottlingError'
                'ClientAccountRequestThrottlingError'
                'ClientAccountBandwidthThrottlingError'
              ]
            }
          ]
          timeAggregation: 'Total'
          operator: 'GreaterThan'
          threshold: 10
        }
      ]
    }
    actions: empty(email) ? [] : [{ actionGroupId: group.id }]
  }
}

resource gateway 'Microsoft.Insights/metricAlerts@2018-03-01' = if (!empty(gatewayId)) {
  name: 'alert-gateway-unhealthy-${token}'
  location: 'global'
  tags: tags
  properties: {
    description: 'The Application Gateway cannot reach the SMTP server'
    severity: 1
    enabled: true
    autoMitigate: true
    scopes: [gatewayId]
    evaluationFrequency: 'PT5M'
    windowSize: 'PT5M'
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
      allOf: [
        {
          criterionType: 'StaticThresholdCriterion'
          name: 'gateway-unhealthy'
          metricNamespace: 'Microsoft.Network/applicationGateways'
          metricName: 'UnhealthyHostCount'
          timeAggregation: 'Average'
          operator: 'GreaterThan'
          threshold: 0
        }
      ]
    }
    actions: empty(email) ? [] : [{ actionGroupId: group.id }]
  }
}
