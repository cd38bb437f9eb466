// The SMTP server, deployed by azd with the image that it has just built. Parameters are text: azd puts environment variables in.

@description('Name of the azd environment.')
param environmentName string

param location string = resourceGroup().location

@description('What main.bicep made, by name.')
param containerEnvironmentName string
param identityName string
param registryEndpoint string
param applicationInsightsName string

@description('With its tag or digest.')
param image string

@allowed(['containerApp', 'applicationGateway'])
param smtpEdge string

@description('Networks from which a PROXY header is believed, comma-separated CIDR.')
param trustedNetworks string

param mxHost string
param blobEndpoint string
param tableEndpoint string
param busNamespace string
param vaultEndpoint string

@description('Name of a certificate in the vault; empty: the server makes one for itself.')
param certificateName string = ''

@description('2 at least: one goes when the other is replaced.')
param minReplicas string = '2'
param maxReplicas string = '10'

var hasGateway = smtpEdge == 'applicationGateway'
var leastReplicas = max(2, int(minReplicas))

resource environment 'Microsoft.App/managedEnvironments@2025-01-01' existing = {
  name: containerEnvironmentName
}

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = {
  name: identityName
}

resource insights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: applicationInsightsName
}

var settings = [
  { name: 'GATEWAY_Smtp__Hostname', value: mxHost }
  { name: 'GATEWAY_Smtp__ShutdownTimeout', value: '00:04:45' } // under the grace period below
  { name: 'GATEWAY_Storage__BlobEndpoint', value: blobEndpoint }
  { name: 'GATEWAY_Storage__TableEndpoint', value: tableEndpoint }
  { name: 'GATEWAY_Bus__Namespace', value: busNamespace }
  { name: 'GATEWAY_Credential__ClientId', value: identity.properties.clientId }
  { name: 'GATEWAY_ClientIp__Mode', value: hasGateway ? 'ProxyRequired' : 'Unavailable' }
  { name: 'APPLICATIONINSIGHTS_CONNECTION_STRING', value: insights.properties.ConnectionString } // says where; who writes there shows the identity
]

var proxySettings = hasGateway ? [{ name: 'GATEWAY_ClientIp__TrustedNetworks', value: trustedNetworks }] : []

var certificateSettings = empty(certificateName)
  ? []
  : [
      { name: 'GATEWAY_KeyVault__Endpoint', value: vaultEndpoint }
      { name: 'GATEWAY_Certificate__Secret', value: certificateName }
    ]

resource app 'Microsoft.App/containerApps@2025-01-01' = {
  name: 'ca-smtp'
  location: location
  tags: { 'azd-env-name': environmentName, 'azd-service-name': 'smtp' }
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: { '${identity.id}': {} }
  }
  properties: {
    environmentId: environment.id
    workloadProfileName: 'Consumption'
    configuration: {
      activeRevisionsMode: 'Single'
      maxInactiveRevisions: 5
      registries: [{ server: registryEndpoint, identity: identity.id }]
      ingress: {
        external: true // of an internal environment: to its network
        transport: 'tcp'
        targetPort: 2525
        exposedPort: hasGateway ? 2525 : 25
      }
    }
    template: {
      terminationGracePeriodSeconds: 300
      scale: {
        minReplicas: leastReplicas
        maxReplicas: max(leastReplicas, int(maxReplicas))
        rules: [{ name: 'connections', tcp: { metadata: { concurrentConnections: '50' } } }]
      }
      containers: [
        {
          name: 'smtp'
          image: image
          args: ['serve']
          env: concat(settings, proxySettings, certificateSettings)
          resources: { cpu: json('0.5'), memory: '1Gi' }
          probes: [
            {
              type: 'Startup'
              httpGet: { port: 8080, path: '/healthz/live' }
              periodSeconds: 2
              timeoutSeconds: 3
              failureThreshold: 30
            }
            {
              type: 'Liveness'
              httpGet: { port: 8080, path: '/healthz/live' }
              periodSeconds: 10
              timeoutSeconds: 5
              failureThreshold: 6
            }
            {
              type: 'Readiness'
              httpGet: { port: 8080, path: '/healthz/ready' }
              periodSeconds: 10 // each look reads a container's properties, which is logged and paid for
              timeoutSeconds: 5 // the server gives storage and bus three to answer
              failureThreshold: 3
            }
          ]
        }
      ]
    }
  }
}

// See infra/main.bicep: the next deployment, too, is by this template.
output SERVICE_SMTP_TEMPLATE_HASH string = 'none'
