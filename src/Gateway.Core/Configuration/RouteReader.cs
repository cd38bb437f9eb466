using System.Collections.Immutable;

namespace Gateway.Core.Configuration;

/// <summary>Reads an element of <c>routes</c>.</summary>
internal static class RouteReader
{
    public static RouteRule? Read(ObjectReader reader)
    {
        var id = Identifier.Read(reader, "id");
        var priority = reader.Integer("priority", required: true);
        var match = reader.Object("match", required: true) is { } conditions ? ReadMatch(conditions) : null;
        var actions = reader.Objects("actions", ReadAction);
        var stop = reader.Boolean("stop", otherwise: false);
        reader.RefuseUnknown();
        return id is null || priority is null || match is null ? null : new(id, priority.Value, match, [.. actions.OfType<RouteAction>()], stop);
    }

    private static RouteMatch ReadMatch(ObjectReader reader)
    {
        var recipient = AddressPattern.Read(reader, "recipient");
        var header = reader.Object("header", required: false) is { } conditions ? ReadHeader(conditions) : null;
        foreach (var later in (ReadOnlySpan<string>)["spam", "spf", "dkim", "dmarc", "sender", "subject", "size", "attachment", "any", "all", "not"])
        {
            reader.NotBuilt(later);
        }

        reader.RefuseUnknown();
        return new(recipient, header);
    }

    private static HeaderMatch? ReadHeader(ObjectReader reader)
    {
        var name = reader.String("name", required: true);
        if (name is not null && (name.Length > 100 || name.AsSpan().ContainsAnyExceptInRange('!', '~') || name.Contains(':', StringComparison.Ordinal)))
        {
            reader.Error("name", "must be the name of a header field, without the colon");
        }

        var value = reader.String("value", required: false) ?? "*";
        reader.RefuseUnknown();
        return name is null ? null : new(name, new(value));
    }

    private static RouteAction? ReadAction(ObjectReader reader)
    {
        var actions = ImmutableArray.CreateBuilder<RouteAction>();
        if (reader.String("webhook", required: false) is { } endpoint)
        {
            actions.Add(new RouteAction.Webhook(endpoint));
        }

        if (reader.Object("store", required: false) is { } store)
        {
            store.RefuseUnknown();
            actions.Add(new RouteAction.Store());
        }

        if (reader.Object("drop", required: false) is { } drop)
        {
            drop.RefuseUnknown();
            actions.Add(new RouteAction.Drop());
        }

        foreach (var later in (ReadOnlySpan<string>)["quarantine", "forward", "publish"])
        {
            reader.NotBuilt(later);
        }

        if (reader.IsEmpty)
        {
            reader.Error("must be an action: webhook, store or drop");
        }

        if (actions.Count > 1)
        {
            reader.Error("must be one action; write further ones as elements of their own");
        }

        reader.RefuseUnknown();
        return actions.FirstOrDefault();
    }
}
