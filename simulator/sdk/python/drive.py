"""Drives a simulated tenant with Microsoft's own Python SDK: list, page, delta, create, patch, delete, batch.

    GRAPH_URL=http://127.0.0.1:PORT GRAPH_TOKEN=... python drive.py

Ends with an exception (code 1) at the first difference from what Graph would do.
"""

import asyncio
import os

from kiota_abstractions.authentication import AccessTokenProvider, AllowedHostsValidator, BaseBearerTokenAuthenticationProvider
from kiota_abstractions.base_request_configuration import RequestConfiguration
from msgraph import GraphServiceClient
from msgraph.generated.models.contact import Contact
from msgraph.generated.models.contact_folder import ContactFolder
from msgraph.generated.models.email_address import EmailAddress
from msgraph.generated.models.o_data_errors.o_data_error import ODataError
from msgraph.generated.users.users_request_builder import UsersRequestBuilder
from msgraph.graph_request_adapter import GraphRequestAdapter
from msgraph_core.requests.batch_request_content import BatchRequestContent
from msgraph_core.requests.batch_request_item import BatchRequestItem

BASE = os.environ["GRAPH_URL"].rstrip("/")
TOKEN = os.environ["GRAPH_TOKEN"]
IMMUTABLE = 'IdType="ImmutableId"'


class Token(AccessTokenProvider):
    async def get_authorization_token(self, uri, additional_authentication_context={}):
        return TOKEN

    def get_allowed_hosts_validator(self):
        return AllowedHostsValidator(["127.0.0.1"])


def connect():
    adapter = GraphRequestAdapter(BaseBearerTokenAuthenticationProvider(Token()))
    adapter.base_url = f"{BASE}/v1.0"
    return GraphServiceClient(request_adapter=adapter)


def prefer(*values):
    configuration = RequestConfiguration()
    for value in values:
        configuration.headers.add("Prefer", value)
    return configuration


async def pages(builder, configuration=None):
    """All entries of a list or delta round, and the delta link if there is one."""
    page, entries = await builder.get(request_configuration=configuration), []
    while True:
        entries += page.value
        if not page.odata_next_link:
            return entries, getattr(page, "odata_delta_link", None)
        page = await builder.with_url(page.odata_next_link).get(request_configuration=configuration)


async def find_mailbox(graph, people):
    groups = await graph.groups.get()
    named = [group for group in groups.value if group.display_name == "Wheelhouse mailboxes"]
    if not named:
        return people[0].id
    members = await graph.groups.by_group_id(named[0].id).members.get()
    return members.value[0].id


async def expect(status, code, call):
    try:
        await call
    except ODataError as error:
        assert (error.response_status_code, error.error.code) == (status, code), error
    else:
        raise AssertionError(f"{status} {code} did not come")


async def work(graph, user):
    folders = graph.users.by_user_id(user).contact_folders
    folder = await folders.post(ContactFolder(display_name="SDK drive"))
    contacts = folders.by_contact_folder_id(folder.id).contacts
    address = EmailAddress(address="zoe@sdk.example", name="Zoë")
    made = await contacts.post(Contact(given_name="Zoë", surname="O'Neill", email_addresses=[address]), prefer(IMMUTABLE))
    assert made.display_name == "Zoë O'Neill", made.display_name
    one = contacts.by_contact_id(made.id)
    patched = await one.patch(Contact(job_title="Wheelwright"), prefer(IMMUTABLE))
    assert patched.job_title == "Wheelwright" and patched.change_key != made.change_key
    await batch(graph, contacts)
    await delta(contacts, made.id)
    await expect(404, "ErrorItemNotFound", one.delete())
    await expect(400, "ErrorInvalidProperty", contacts.post(Contact(surname="Nobody")))
    await folders.by_contact_folder_id(folder.id).permanent_delete.post()


async def batch(graph, contacts):
    items = {}
    for number in range(20):
        request = contacts.to_post_request_information(Contact(given_name=f"Batch {number}"))
        item = BatchRequestItem(request_information=request, id=str(number + 1))
        items[item.id] = item
    answers = await graph.batch.post(batch_request_content=BatchRequestContent(items))
    statuses = [answers.get_response_by_id(key).status for key in items]
    assert statuses == [201] * 20, statuses


async def delta(contacts, contact):
    configuration = prefer("odata.maxpagesize=6", IMMUTABLE)
    entries, link = await pages(contacts.delta, configuration)
    assert len(entries) == 21, len(entries)
    await contacts.by_contact_id(contact).delete()
    changes, _ = await pages(contacts.delta.with_url(link), configuration)
    gone = [(entry.id, entry.additional_data["@removed"]["reason"]) for entry in changes]
    assert gone == [(contact, "deleted")], gone


async def main():
    graph = connect()
    query = UsersRequestBuilder.UsersRequestBuilderGetQueryParameters(top=7, select=["id", "displayName"])
    people, _ = await pages(graph.users, RequestConfiguration(query_parameters=query))
    assert len(people) > 7 and len({person.id for person in people}) == len(people)
    tracked, link = await pages(graph.users.delta)
    assert len(tracked) == len(people)
    unchanged, _ = await pages(graph.users.delta.with_url(link))
    assert unchanged == []
    await work(graph, await find_mailbox(graph, people))
    print(f"sdk=python people={len(people)} contacts=21 differences=0")


asyncio.run(main())
