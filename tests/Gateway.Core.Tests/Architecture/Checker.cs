using System.Text.RegularExpressions;

namespace Gateway.Core.Tests.Architecture;

/// <summary>Finds what breaks the rules, one sentence for each. Pure: it is given the sources and the project files.</summary>
internal static partial class Checker
{
    public static IEnumerable<string> Check(IReadOnlyCollection<SourceFile> files, IReadOnlyCollection<Project> projects) =>
        [.. projects.SelectMany(Arrows), .. projects.SelectMany(Packages), .. files.SelectMany(Libraries), .. files.SelectMany(Banned), .. files.SelectMany(Form), .. Interfaces(files)];

    private static IEnumerable<string> Arrows(Project project) =>
        !Rules.Arrows.TryGetValue(project.Name, out var allowed)
            ? [$"{project.Name} is not in the table of arrows"]
            : project.Projects.Except(allowed).Select(other => $"{project.Name} refers to {other}");

    private static IEnumerable<string> Packages(Project project)
    {
        if (project.Name == "Gateway.Core" && project.Packages.Length + project.Frameworks.Length > 0)
        {
            yield return "Gateway.Core refers to packages; it has the base library only";
        }

        var names = project.Packages.Concat(project.Frameworks.Select(framework => $"{framework}.")).ToList();
        if (project.Sdk.EndsWith(".Web", StringComparison.Ordinal))
        {
            names.Add("Microsoft.AspNetCore.App.");
        }

        foreach (var (library, name) in Rules.Libraries.SelectMany(library => names.Select(name => (library, name))))
        {
            if (library.Packages.Any(start => name.StartsWith(start, StringComparison.Ordinal))
                && !library.Folders.Any(folder => folder == "functions/" ? IsFunctions(project.Name) : folder == $"src/{project.Name}/"))
            {
                yield return $"{project.Name} refers to {library.Name}: {name}";
            }
        }
    }

    private static bool IsFunctions(string project) => project is "Gateway.Functions" or "Gateway.ServiceBusShim";

    private static IEnumerable<string> Libraries(SourceFile file) =>
        from library in Rules.Libraries
        where !library.Folders.Any(folder => file.Path.StartsWith(folder, StringComparison.Ordinal))
        from start in library.Namespaces
        let match = Regex.Match(file.Code, $@"(?<![\w.]){Regex.Escape(start)}{(start.EndsWith('.') ? "" : @"\b")}")
        where match.Success
        select $"{file.Path}:{file.Line(match.Index)} names {library.Name}: {start.TrimEnd('.')}";

    private static IEnumerable<string> Banned(SourceFile file) =>
        from ban in Rules.Bans
        where file.Path.StartsWith(ban.Folder, StringComparison.Ordinal) && !ban.Except.Any(folder => file.Path.StartsWith(folder, StringComparison.Ordinal))
        from name in ban.Names
        let match = Regex.Match(file.Code, name.Contains('.', StringComparison.Ordinal)
            ? $@"(?<![\w.]){Regex.Escape(name)}\b"
            : $@"(?<![\w.])(?:System\.(?:\w+\.)*)?{Regex.Escape(name)}\b(?!\s*[,}}]|\s+(?:=>|=)\s)")
        where match.Success
        select $"{file.Path}:{file.Line(match.Index)} names {name}, which {ban.Folder} may not";

    private static IEnumerable<string> Form(SourceFile file)
    {
        var lines = file.Text.AsSpan().Count('\n');
        if (lines > Rules.MaxLines)
        {
            yield return $"{file.Path} has {lines} lines, over {Rules.MaxLines}";
        }

        if (Unfinished().Match(file.Text) is { Success: true } unfinished)
        {
            yield return $"{file.Path}:{file.Line(unfinished.Index)} has {unfinished.Value}";
        }

        var expected = Rules.Namespaces.GetValueOrDefault(file.Room) ?? string.Join('.', file.Path.Split('/')[1..^1]);
        var declared = Namespace().Match(file.Code) is { Success: true } match ? match.Groups[1].Value : null;
        if (declared is null ? Type().IsMatch(file.Code) && !file.Path.EndsWith("/Program.cs", StringComparison.Ordinal) : declared != expected)
        {
            yield return $"{file.Path} is in namespace {declared ?? "(none)"}, not {expected}";
        }
    }

    private static IEnumerable<string> Interfaces(IReadOnlyCollection<SourceFile> files)
    {
        var src = files.Where(file => file.Path.StartsWith("src/", StringComparison.Ordinal)).ToArray();
        var bases = src.SelectMany(file => Bases().Matches(file.Code).Select(match => match.Groups["bases"].Value)).ToArray();
        foreach (var file in src)
        {
            foreach (var name in Interface().Matches(file.Code).Select(match => match.Groups[1].Value).Except(Rules.Ports))
            {
                var count = bases.Count(list => Regex.IsMatch(list, $@"\b{name}\b"));
                if (count < 2)
                {
                    yield return $"{file.Path} declares {name}, which has {count} implementations";
                }
            }
        }
    }

    [GeneratedRegex(@"\b(?:TODO|FIXME|XXX|HACK|NotImplementedException)\b")]
    private static partial Regex Unfinished();

    [GeneratedRegex(@"^\s*namespace\s+([\w.]+)", RegexOptions.Multiline)]
    private static partial Regex Namespace();

    [GeneratedRegex(@"\b(?:class|struct|record|interface|enum|delegate)\s+\w+")]
    private static partial Regex Type();

    [GeneratedRegex(@"\binterface\s+(I[A-Z]\w*)")]
    private static partial Regex Interface();

    // A type's bases: behind its name, its type parameters and its primary constructor (balanced parentheses).
    [GeneratedRegex(@"\b(?:class|struct|record)\s+\w+(?:<[^>{}]*>)?\s*(?:\((?>[^()]|(?<open>\()|(?<-open>\)))*(?(open)(?!))\))?\s*:(?<bases>[^{};]*)")]
    private static partial Regex Bases();
}
