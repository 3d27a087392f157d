//! The commands by which a tenant names its mailboxes in Exchange.
//!
//! <https://learn.microsoft.com/exchange/permissions-exo/application-rbac>

use uuid::Uuid;

/// What the application, the scope and the group are called in Exchange.
const NAME: &str = "Wheelhouse";
const GROUP: &str = "Wheelhouse mailboxes";

/// Filled-in commands for PowerShell.
pub struct Commands {
    /// Makes the group and the scope, and lets the application into it.
    pub grant: String,
    /// Puts a mailbox into the group.
    pub member: String,
    /// Asks Exchange what the application may do in a mailbox.
    pub test: String,
}

impl Commands {
    /// The commands for an application and its service principal in the tenant.
    #[must_use]
    pub fn of(app: Uuid, service_principal: Uuid) -> Self {
        let grant = format!(
            "Connect-ExchangeOnline\n\
             \n\
             New-DistributionGroup -Name \"{GROUP}\" -Type Security\n\
             $group = (Get-Group -Identity \"{GROUP}\").DistinguishedName\n\
             \n\
             New-ServicePrincipal -AppId {app} -ObjectId {service_principal} -DisplayName \"{NAME}\"\n\
             New-ManagementScope -Name \"{NAME}\" -RecipientRestrictionFilter \"MemberOfGroup -eq '$group'\"\n\
             New-ManagementRoleAssignment -App {service_principal} -Role \"Application Contacts.ReadWrite\" -CustomResourceScope \"{NAME}\"\n\
             New-ManagementRoleAssignment -App {service_principal} -Role \"Application Calendars.ReadWrite\" -CustomResourceScope \"{NAME}\""
        );
        let member = format!(
            "Add-DistributionGroupMember -Identity \"{GROUP}\" -Member (Read-Host \"Address of the mailbox\")"
        );
        let test = format!(
            "Test-ServicePrincipalAuthorization -Identity {service_principal} -Resource (Read-Host \"Address of the mailbox\")"
        );
        Self { grant, member, test }
    }
}
