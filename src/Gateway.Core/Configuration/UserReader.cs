using Gateway.Core.Users;

namespace Gateway.Core.Configuration;

/// <summary>Reads an element of <c>users</c>. No error repeats a verifier, nor what stands in its place: most likely a password.</summary>
internal static class UserReader
{
    public static User? Read(ObjectReader reader)
    {
        var name = reader.String("name", required: true);
        if (name is not null && User.ProblemOf(name) is { } problem)
        {
            reader.Error("name", problem);
            name = null;
        }

        var text = reader.String("verifier", required: true);
        ScramVerifier? verifier = null;
        if (text is not null && !ScramVerifier.TryParse(text, out verifier, out problem))
        {
            reader.Error("verifier", problem);
        }

        reader.RefuseUnknown();
        return name is null || verifier is null ? null : new(name, verifier);
    }
}
