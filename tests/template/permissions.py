"""Checks what the roles of an expanded template may do: permissions.py EXPANSION.

No role has a managed policy, for those are written for everybody and allow too much. What a policy allows, it allows
on something that it names. What is recorded can be read and added to, and nothing else. IAM takes a role's inline policies
up to a length. SAM adds roles and policies by itself, so only the expansion shows them all.

Whether a function needs what it is allowed, tests/tests/permissions.rs knows.
"""

import json
import re
import sys
from fnmatch import fnmatchcase
from pathlib import Path

# What may be done to an entry of the record.
ADDING_AND_READING = {"dynamodb:PutItem", "dynamodb:GetItem", "dynamodb:Query"}
ENTRY = "RECORD#alpenrad#2026-11-26"

# What IAM takes of the inline policies of a role, in characters without white space.
MOST_OF_INLINE_POLICIES = 10_240
# What an ARN is counted as, which is not known before it is deployed.
ARN = "arn:aws:dynamodb:eu-central-1:123456789012:table/" + "x" * 64

# A name in Fn::Sub, but for those that every template has, as ${AWS::Region}, and for ${!Literal}.
DECLARED = re.compile(r"\$\{(?!AWS::|!)")


def as_list(value):
    return value if isinstance(value, list) else [value]


def statements(properties):
    """Of the inline policies of a role, or of a policy that is a resource itself."""
    for policy in [properties, *properties.get("Policies", [])]:
        yield from as_list(policy.get("PolicyDocument", {}).get("Statement", []))


def is_everything(resource):
    """Whether these are all resources there are, or all of a kind, as in arn:aws:logs:*:*:*."""
    if isinstance(resource, dict):
        resource = as_list(resource.get("Fn::Sub", ""))[0]
        # Of something that the template declares, everything may be meant: ${Bucket.Arn}/*.
        if DECLARED.search(resource):
            return False
    return "*" in resource


def wrong_with_statement(statement):
    if statement["Effect"] != "Allow":
        return
    # What is not listed is allowed, and that is more with every service that AWS opens.
    for key in ("NotAction", "NotResource"):
        if key in statement:
            yield f"has a {key}"
    actions = set(as_list(statement.get("Action", [])))
    conditions = statement.get("Condition", {}).get("ForAllValues:StringLike", {})
    leading = as_list(conditions.get("dynamodb:LeadingKeys", []))
    on_table = {action for action in actions if action.startswith("dynamodb:")}
    if not leading and on_table:
        yield "names no keys of the table"
    if any(fnmatchcase(ENTRY, pattern) for pattern in leading) and not on_table <= ADDING_AND_READING:
        yield f"allows {', '.join(sorted(on_table - ADDING_AND_READING))} on entries of the record"
    for resource in as_list(statement.get("Resource", [])):
        if is_everything(resource):
            yield f"allows {', '.join(sorted(actions))} on {json.dumps(resource)}"


def spelled_out(value):
    """A document with an ARN in place of each intrinsic."""
    if isinstance(value, list):
        return [spelled_out(item) for item in value]
    if not isinstance(value, dict):
        return value
    if any(key == "Ref" or key.startswith("Fn::") for key in value):
        return ARN
    return {key: spelled_out(item) for key, item in value.items()}


def length_of_policies(properties):
    documents = (policy["PolicyDocument"] for policy in properties.get("Policies", []))
    return sum(len(json.dumps(spelled_out(document), separators=(",", ":"))) for document in documents)


def wrong(resources):
    roles = 0
    for name, resource in resources.items():
        if not resource["Type"].startswith("AWS::IAM::"):
            continue
        properties = resource["Properties"]
        roles += resource["Type"] == "AWS::IAM::Role"
        if properties.get("ManagedPolicyArns"):
            yield f"{name} has managed policies: {json.dumps(properties['ManagedPolicyArns'])}"
        length = length_of_policies(properties)
        if length > MOST_OF_INLINE_POLICIES:
            yield f"{name} has inline policies of {length} characters, and IAM takes {MOST_OF_INLINE_POLICIES}"
        for statement in statements(properties):
            for what in wrong_with_statement(statement):
                yield f"{name}, statement {statement.get('Sid', 'without Sid')}: {what}"
    # A check that finds nothing to check is broken.
    if not roles:
        yield "there is no role"


def main():
    [path] = sys.argv[1:]
    found = list(wrong(json.loads(Path(path).read_text(encoding="utf-8"))["Resources"]))
    if found:
        sys.exit("\n".join(found))


if __name__ == "__main__":
    main()
