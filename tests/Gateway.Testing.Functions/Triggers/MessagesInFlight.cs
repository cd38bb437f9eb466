using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Azure.Messaging.ServiceBus;

namespace Gateway.Testing.Functions.Triggers;

/// <summary>The messages whose functions run now, by lock token. A message leaves when its invocation has ended, settled or not.</summary>
internal sealed class MessagesInFlight
{
    private readonly ConcurrentDictionary<string, ProcessMessageEventArgs> _messages = new();

    public void Add(ProcessMessageEventArgs message) => _messages[message.Message.LockToken] = message;

    public void Remove(ProcessMessageEventArgs message) => _messages.TryRemove(KeyValuePair.Create(message.Message.LockToken, message));

    public bool TryFind(string lockToken, [NotNullWhen(true)] out ProcessMessageEventArgs? message) => _messages.TryGetValue(lockToken, out message);
}
