namespace Gateway.Pipeline.Inspect;

/// <summary>
/// Which parts are the text, which the HTML, and which are attachments: the algorithm of RFC 8621 section 4.1.4, with one difference:
/// pictures, sound and film are never text, so they are attachments also where they stand between texts.
/// </summary>
internal sealed class Bodies
{
    private readonly HashSet<Entity> _used = [];

    /// <summary>Leaves in the message's order.</summary>
    public List<Entity> Leaves { get; } = [];

    public List<Entity> Text { get; } = [];

    public List<Entity> Html { get; } = [];

    public IEnumerable<Entity> Attachments => Leaves.Where(leaf => !_used.Contains(leaf));

    public static Bodies Of(Entity? root)
    {
        var bodies = new Bodies();
        if (root is null)
        {
            return bodies;
        }

        List<Entity> text = [], html = [];
        bodies.Walk([root], "mixed", inAlternative: false, html, text);
        bodies.Take(text, "text/plain", bodies.Text);
        bodies.Take(html, "text/html", bodies.Html);
        return bodies;
    }

    // A list that is null collects no more: the other alternative has it.
    private void Walk(List<Entity> parts, string multipart, bool inAlternative, List<Entity>? html, List<Entity>? text)
    {
        var (textBefore, htmlBefore) = (text?.Count, html?.Count);
        for (var i = 0; i < parts.Count; i++)
        {
            var part = parts[i];
            if (part.Parts is not null)
            {
                var subtype = part.MediaType[(part.MediaType.IndexOf('/') + 1)..];
                Walk(part.Parts, subtype, inAlternative || subtype == "alternative", html, text);
                continue;
            }

            Leaves.Add(part);
            if (!IsBody(part, first: i == 0, multipart))
            {
                continue;
            }

            if (multipart == "alternative")
            {
                (part.MediaType == "text/plain" ? text : html)?.Add(part);
                continue;
            }

            if (inAlternative)
            {
                html = part.MediaType == "text/plain" ? null : html;
                text = part.MediaType == "text/html" ? null : text;
            }

            text?.Add(part);
            html?.Add(part);
        }

        if (multipart == "alternative" && text is not null && html is not null)
        {
            ShareTheOnlyOne(html, htmlBefore!.Value, text, textBefore!.Value);
        }
    }

    private static bool IsBody(Entity part, bool first, string multipart) =>
        !part.IsAttachment
        && part.MediaType is ("text/plain" or "text/html")
        && (first || (multipart != "related" && part.Name is null));

    private static void ShareTheOnlyOne(List<Entity> html, int htmlBefore, List<Entity> text, int textBefore)
    {
        if (text.Count == textBefore)
        {
            text.AddRange(html[htmlBefore..]);
        }
        else if (html.Count == htmlBefore)
        {
            html.AddRange(text[textBefore..]);
        }
    }

    private void Take(List<Entity> chosen, string mediaType, List<Entity> into)
    {
        foreach (var part in chosen.Where(part => part.MediaType == mediaType))
        {
            into.Add(part);
            _used.Add(part);
        }
    }
}
