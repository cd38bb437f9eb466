// Who the two programs are to Azure: each has an identity of its own, so that the one that strangers talk to may do less.

param location string
param tags object
@minLength(13)
@maxLength(13)
param token string

resource smtp 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: 'id-smtp-${token}'
  location: location
  tags: tags
}

resource functions 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: 'id-functions-${token}'
  location: location
  tags: tags
}

output smtpName string = smtp.name
output smtpPrincipalId string = smtp.properties.principalId
output functionsId string = functions.id
output functionsClientId string = functions.properties.clientId
output functionsPrincipalId string = functions.properties.principalId
