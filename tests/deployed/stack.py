"""What the run needs to know of the deployed stack, and the one thing that it does for the emulator.

    stack.py output STACK NAME      an output of the stack
    stack.py resource STACK ID      the name that a resource was given
    stack.py serve STACK            makes the API's routes, asks for its health, prints where it is served
    stack.py remains TABLE BUCKET   tells what a table and a bucket still hold; fails where one is gone

The endpoint is in AWS_ENDPOINT_URL.
"""

import json
import os
import sys
from urllib.parse import urlsplit
from urllib.request import urlopen

import boto3
from botocore.exceptions import ClientError

# With an address for a domain, the emulator serves the API at the root of its own port, and no name has to be looked
# up. What is asked for at `localhost` remains the services'.
DOMAIN = "127.0.0.1"


def outputs(stack):
    [described] = boto3.client("cloudformation").describe_stacks(StackName=stack)["Stacks"]
    return {one["OutputKey"]: one["OutputValue"] for one in described["Outputs"]}


def resources(stack):
    listed = boto3.client("cloudformation").describe_stack_resources(StackName=stack)["StackResources"]
    return {one["LogicalResourceId"]: one["PhysicalResourceId"] for one in listed}


def processed_api(stack):
    """The API as SAM's transform writes it: the part of the template that the emulator passes over is its Body."""
    template = boto3.client("cloudformation").get_template(StackName=stack, TemplateStage="Processed")["TemplateBody"]
    template = json.loads(template) if isinstance(template, str) else template
    apis = {
        name: one for name, one in template["Resources"].items() if one["Type"] == "AWS::ApiGatewayV2::Api"
    }
    [(name, api)] = apis.items()
    return name, api["Properties"]["Body"]


def text_of(value, names):
    """A text of the template with what CloudFormation puts into it."""
    if isinstance(value, str):
        return value
    [(function, argument)] = value.items()
    assert function == "Fn::Sub", value
    values = {
        **{f"{name}.Arn": arn(physical) for name, physical in names.items()},
        "AWS::Region": os.environ["AWS_REGION"],
        "AWS::Partition": "aws",
    }
    for name, inserted in values.items():
        argument = argument.replace("${" + name + "}", inserted)
    assert "${" not in argument, argument
    return argument


def arn(function):
    account = boto3.client("sts").get_caller_identity()["Account"]
    return f"arn:aws:lambda:{os.environ['AWS_REGION']}:{account}:function:{function}"


def route_key(method, path):
    """The name of a route, from its place in an OpenAPI description."""
    if path == "/$default":
        return "$default"
    return f"{'ANY' if method == 'x-amazon-apigateway-any-method' else method.upper()} {path}"


def serve(stack):
    """Does for the API what API Gateway does on AWS by itself: makes routes and integrations of its Body."""
    gateway = boto3.client("apigatewayv2")
    names = resources(stack)
    logical, body = processed_api(stack)
    api = names[logical]
    integrations, wanted = {}, {}
    for path, methods in body["paths"].items():
        for method, operation in methods.items():
            wanted[route_key(method, path)] = operation["x-amazon-apigateway-integration"]
    there = {route["RouteKey"] for route in gateway.get_routes(ApiId=api)["Items"]}
    assert there <= set(wanted), there - set(wanted)
    for key, integration in wanted.items():
        if key in there:
            continue
        uri = text_of(integration["uri"], names)
        if uri not in integrations:
            integrations[uri] = gateway.create_integration(
                ApiId=api,
                IntegrationType=integration["type"].upper(),
                IntegrationMethod=integration["httpMethod"],
                IntegrationUri=uri,
                PayloadFormatVersion=integration["payloadFormatVersion"],
            )["IntegrationId"]
        gateway.create_route(ApiId=api, RouteKey=key, Target=f"integrations/{integrations[uri]}")
    map_domain(gateway, api)
    assert_healthy(api)
    print(f"http://{DOMAIN}:{urlsplit(os.environ['AWS_ENDPOINT_URL']).port}")


def map_domain(gateway, api):
    try:
        gateway.create_domain_name(DomainName=DOMAIN)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ConflictException":
            raise
        return
    gateway.create_api_mapping(DomainName=DOMAIN, ApiId=api, Stage="$default")


def assert_healthy(api):
    """The address is the longer one, for /health at the root of the port is the emulator's own."""
    address = f"{os.environ['AWS_ENDPOINT_URL']}/_aws/execute-api/{api}/health"
    with urlopen(address, timeout=60) as answer:
        print(f"deployed: {answer.read().decode()}", file=sys.stderr)


def remains(table, bucket):
    described = boto3.client("dynamodb").describe_table(TableName=table)["Table"]
    assert described["TableStatus"] == "ACTIVE", described["TableStatus"]
    count = 0
    for page in boto3.client("dynamodb").get_paginator("scan").paginate(TableName=table, Select="COUNT"):
        count += page["Count"]
    pages = boto3.client("s3").get_paginator("list_objects_v2").paginate(Bucket=bucket)
    objects = sum(page["KeyCount"] for page in pages)
    assert count and objects, (count, objects)
    print(f"{count} items and {objects} objects")


def main():
    command, *arguments = sys.argv[1:]
    if command == "output":
        print(outputs(arguments[0])[arguments[1]])
    elif command == "resource":
        print(resources(arguments[0])[arguments[1]])
    else:
        {"serve": serve, "remains": remains}[command](*arguments)


if __name__ == "__main__":
    main()
