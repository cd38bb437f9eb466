// Reads the results (TRX) that the test programs left and closes with "N passed, N failed, N skipped".
// Fails for a failed test, a skip that is not allowed, a test project that left no results, and no test at all.
// Arguments: the folder of results, the list of allowed skips.
#:property PublishAot=false

using System.Xml.Linq;

XNamespace trx = "http://microsoft.com/schemas/VisualStudio/TeamTest/2010";
var (folder, allowedFile) = (args[0], args[1]);
var hasData = !string.IsNullOrEmpty(Environment.GetEnvironmentVariable("GATEWAY_TEST_DATA"));
var allowed = File.ReadLines(allowedFile)
    .Where(line => line.Length > 0 && !line.StartsWith('#'))
    .Select(line => line.Split(" | "))
    .Select(parts => (Name: parts[0].Trim(), Reason: parts[1].Trim(), When: parts[2].Trim()))
    .Where(entry => entry.When == "always" || (entry.When == "without-data" && !hasData))
    .ToArray();

var files = Directory.Exists(folder) ? Directory.GetFiles(folder, "*.trx") : [];
var (passed, failed, skipped, faults) = (0, 0, 0, 0);
foreach (var file in files.Order(StringComparer.Ordinal))
{
    XDocument document;
    try
    {
        document = XDocument.Load(file);
    }
    catch (System.Xml.XmlException)
    {
        Fault($"{Path.GetFileName(file)} was not written to its end");
        continue;
    }

    foreach (var result in document.Descendants(trx + "UnitTestResult"))
    {
        var name = (string?)result.Attribute("testName") ?? "?";
        switch ((string?)result.Attribute("outcome"))
        {
            case "Passed":
                passed++;
                break;
            case "NotExecuted":
                skipped++;
                Skip(name, result.Descendants(trx + "StdOut").FirstOrDefault()?.Value.Trim() ?? "");
                break;
            case "NotRunnable": // [Fact(Explicit = true)]: run by name only, so here it is a skip like any other
                skipped++;
                Skip(name, "explicit");
                break;
            default:
                failed++;
                Console.WriteLine($"failed:  {name}");
                break;
        }
    }
}

foreach (var project in Directory.GetDirectories("tests", "*.Tests").Select(path => Path.GetFileName(path)!).Order(StringComparer.Ordinal))
{
    if (!files.Any(file => Path.GetFileName(file) == $"{project}.trx"))
    {
        Fault($"{project} left no results");
    }
}

if (passed == 0)
{
    Fault("no test passed");
}

Console.WriteLine($"{passed} passed, {failed} failed, {skipped} skipped");
return failed + faults == 0 ? 0 : 1;

void Skip(string name, string reason)
{
    var line = $"{name}: {reason.ReplaceLineEndings(" ")}";
    if (allowed.Any(entry => name.Contains(entry.Name, StringComparison.Ordinal) && reason.Contains(entry.Reason, StringComparison.Ordinal)))
    {
        Console.WriteLine($"skipped: {line}");
    }
    else
    {
        Fault($"a skip that is not allowed: {line}");
    }
}

void Fault(string text)
{
    faults++;
    Console.WriteLine($"fault:   {text}");
}
